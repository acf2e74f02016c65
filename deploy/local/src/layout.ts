/** Where the state of one platform on this machine lies, and which ports it takes: all from one folder and one base. */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SERVICES, type ServiceName, schemaOf } from '@enishi/contracts';

export const ROOT = resolve(fileURLToPath(new URL('../../..', import.meta.url)));
export const DEFAULT_PORT_BASE = 4400;
/** Keys and secrets of the development platform on a cluster. */
export const STATE_ON_KUBERNETES = join(ROOT, '.enishi', 'kubernetes');
export const SHARED_CACHE = join(ROOT, '.enishi', 'cache');

export interface Layout {
  readonly dir: string;
  readonly portBase: number;
  readonly ports: Readonly<Record<PortName, number>>;
  path(...parts: string[]): string;
}

/** A service's own port is its HTTP door. New services come last, so that the others keep theirs. */
const PORT_NAMES = ['postgres', 'nats', 'terminal-door', 'bank', 'bank-admin', ...SERVICES] as const;
export type PortName = (typeof PORT_NAMES)[number];
export const PORTS_TAKEN = PORT_NAMES.length;

/** The platform of `./enishi up` lies in .enishi; one with another base beside it in .enishi/at-<base>. */
export function layoutFor(portBase: number, dir?: string): Layout {
  const stateDir = dir ?? (portBase === DEFAULT_PORT_BASE ? join(ROOT, '.enishi') : join(ROOT, '.enishi', `at-${portBase}`));
  const ports = Object.fromEntries(PORT_NAMES.map((name, index) => [name, portBase + index])) as Record<PortName, number>;
  return { dir: stateDir, portBase, ports, path: (...parts) => join(stateDir, ...parts) };
}

/** Where a service says what its tables are. */
export function prismaFiles(service: ServiceName): { schema: string; schemaFile: string; migrationsDir: string } {
  const dir = join(ROOT, 'services', service, 'prisma');
  return { schema: schemaOf(service), schemaFile: join(dir, 'schema.prisma'), migrationsDir: join(dir, 'migrations') };
}
