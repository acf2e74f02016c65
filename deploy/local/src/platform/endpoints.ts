/** Where the parts can be reached: told to people as a table, to programs as `.enishi/endpoints.json`. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { SERVICES, TERMINAL_PATH } from '@enishi/contracts';
import { z } from 'zod';
import type { Layout } from '../layout.js';
import { factsOf } from '../service-facts.js';

export const Endpoints = z.strictObject({
  /** Process id of the launcher that holds the platform. */
  launcher: z.number().int(),
  portBase: z.number().int(),
  caFile: z.string(),
  endpoints: z.record(z.string(), z.strictObject({ url: z.string(), what: z.string() })),
  processes: z.record(z.string(), z.number().int()),
});
export type Endpoints = z.infer<typeof Endpoints>;

export function endpointsOf(layout: Layout, parts: readonly { name: string; pid: number | undefined }[]): Endpoints {
  const { ports } = layout;
  const at = (scheme: string, port: number, path = '') => `${scheme}://localhost:${port}${path}`;
  return {
    launcher: process.pid,
    portBase: layout.portBase,
    caFile: layout.path('pki', 'dev-ca.pem'),
    endpoints: {
      ...Object.fromEntries(SERVICES.map((name) => [name, { url: at('https', ports[name]), what: factsOf(name).serves }])),
      'terminal-door': { url: at('wss', ports['terminal-door'], TERMINAL_PATH), what: 'terminal agents connect here' },
      bank: { url: at('https', ports.bank, '/ib/login'), what: 'the example bank (client certificate needed)' },
      'bank-admin': { url: at('http', ports['bank-admin'], '/truth'), what: "the example bank's own ledger" },
      nats: { url: at('nats', ports.nats), what: 'NATS with JetStream' },
      postgres: { url: at('postgresql', ports.postgres), what: 'Postgres, a schema and a role per service' },
    },
    processes: Object.fromEntries(parts.filter((part) => part.pid !== undefined).map((part) => [part.name, part.pid as number])),
  };
}

export function writeEndpoints(layout: Layout, endpoints: Endpoints): void {
  const file = layout.path('endpoints.json');
  // Written anew while others read it.
  writeFileSync(`${file}.partial`, `${JSON.stringify(endpoints, null, 2)}\n`);
  renameSync(`${file}.partial`, file);
}

export function readEndpoints(layout: Layout): Endpoints | undefined {
  const file = layout.path('endpoints.json');
  return existsSync(file) ? Endpoints.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}
