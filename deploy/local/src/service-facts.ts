/** The facts of a service (services/<name>/service.yaml) that the launcher, the charts and the development secrets follow. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES, type ServiceName } from '@enishi/contracts';
import { parse } from 'yaml';
import { z } from 'zod';
import { ROOT } from './layout.js';

const Setting = z.string().regex(/^[A-Z][A-Z0-9_]*_FILE$/);
const File = z.string().regex(/^[a-z][a-z0-9.-]*$/);

export const ServiceFacts = z.strictObject({
  /** What its HTTP door is for, beside probes and metrics. */
  serves: z.string().min(1),
  doors: z.array(z.enum(['http', 'terminal'])),
  /** Setting → public file. */
  trust: z.record(Setting, File),
  /** Setting → file with a secret of this service alone. */
  keys: z.record(Setting, File),
  /** Whether it reads the signed connectors. */
  connectors: z.boolean(),
});
export type ServiceFacts = z.infer<typeof ServiceFacts>;

export function factsFileOf(service: ServiceName): string {
  return join(ROOT, 'services', service, 'service.yaml');
}

export function factsOf(service: ServiceName): ServiceFacts {
  return ServiceFacts.parse(parse(readFileSync(factsFileOf(service), 'utf8')));
}

/** Every public file that some service trusts. */
export function trustedFiles(): string[] {
  return [...new Set(SERVICES.flatMap((service) => Object.values(factsOf(service).trust)))].sort();
}
