/**
 * Writes src/generated: every message and route that stands in a service's folder, as lists and as exports. Run before each
 * build, by the project's Node.js itself: nothing is built yet.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

const SOURCE = new URL('./', import.meta.url);
const NOTE = '// Written by generate-lists.ts before each build.';

interface Declared {
  /** `parser/accept-result` */
  readonly module: string;
  /** `acceptResult` */
  readonly name: string;
  readonly kind: 'request' | 'event' | 'route';
}

/** Contract files of all services: those that declare a message, and the routes. */
function declaredIn(folder: string): Declared[] {
  return readdirSync(new URL(`${folder}/`, SOURCE))
    .filter((file) => file.endsWith('.ts') && !/\.(?:samples|spec)\.ts$/.test(file))
    .sort()
    .flatMap((file) => {
      const text = readFileSync(new URL(`${folder}/${file}`, SOURCE), 'utf8');
      const found = [...text.matchAll(/^export const (\w+) = (request|event|route)\(/gm)];
      if (found.length === 0) throw new Error(`${folder}/${file} declares no message and no route`);
      return found.map(([, name = '', kind]) => ({ module: `${folder}/${file.slice(0, -3)}`, name, kind: kind as Declared['kind'] }));
    });
}

function listOf(declared: readonly Declared[], constant: string, type: string, kind: Declared['kind']): string {
  const names = declared.filter((one) => one.kind === kind).map(({ name }) => `  ${name},`);
  return [`export const ${constant}: readonly ${type}[] = [`, ...names, '];'].join('\n');
}

// What terminals speak is no message of the bus.
const NO_SERVICES = ['generated', 'terminal'];
const folders = readdirSync(SOURCE, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !NO_SERVICES.includes(entry.name));
const declared = folders.flatMap(({ name }) => declaredIn(name)).sort((a, b) => (a.module < b.module ? -1 : 1));
const modules = [...new Set(declared.map(({ module }) => module))];
const messages = declared.filter(({ kind }) => kind !== 'route');

mkdirSync(new URL('generated/', SOURCE), { recursive: true });
write('messages.ts', [
  "import type { EventContract, RequestContract } from '../message.js';",
  "import type { RouteContract } from '../route.js';",
  ...modules.map((module) => {
    const names = declared.filter((one) => one.module === module).map(({ name }) => name);
    return `import { ${names.join(', ')} } from '../${module}.js';`;
  }),
  '',
  ...modules.map((module) => `export * from '../${module}.js';`),
  listOf(declared, 'REQUESTS', 'RequestContract', 'request'),
  listOf(declared, 'EVENTS', 'EventContract', 'event'),
  listOf(declared, 'ROUTES', 'RouteContract', 'route'),
]);
write('samples.ts', [
  "import type { Samples } from '../message.js';",
  ...messages.map(({ module, name }) => `import { samples as ${name} } from '../${module}.samples.js';`),
  '',
  'export const SAMPLES: readonly Samples[] = [',
  ...messages.map(({ name }) => `  ${name},`),
  '];',
]);

function write(file: string, lines: readonly string[]): void {
  const url = new URL(`generated/${file}`, SOURCE);
  const text = [NOTE, ...lines, ''].join('\n');
  // An untouched file keeps its time, and the build its cache.
  if (existing(url) !== text) writeFileSync(url, text);
}

function existing(url: URL): string | undefined {
  try {
    return readFileSync(url, 'utf8');
  } catch {
    return undefined;
  }
}
