/** Writes docs/openapi/<service>.json and docs/errors.md from the contracts. `node libs/http/dist/generate-openapi.js [docs folder]` */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROUTES, SERVICES } from '@enishi/contracts';
import { errorsDocument } from './errors-doc.js';
import { openApiOf } from './openapi.js';

const docs = process.argv[2] ?? join(import.meta.dirname, '../../../docs');
const folder = join(docs, 'openapi');
mkdirSync(folder, { recursive: true });

const written = new Set<string>();
for (const service of SERVICES) {
  const routes = ROUTES.filter(({ owner }) => owner === service);
  if (routes.length === 0) continue;
  writeFileSync(join(folder, `${service}.json`), `${JSON.stringify(openApiOf(service, routes), null, 2)}\n`);
  written.add(`${service}.json`);
}
// A service that has lost its last route has no document: the folder says what there is.
for (const name of readdirSync(folder)) if (name.endsWith('.json') && !written.has(name)) rmSync(join(folder, name));
writeFileSync(join(docs, 'errors.md'), errorsDocument());
