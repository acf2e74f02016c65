/** What each process of the platform is started with. The order of this file is the order of starting. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEVELOPMENT_ISSUER, type ServiceName } from '@enishi/contracts';
import { type Layout, ROOT } from '../layout.js';
import { factsOf } from '../service-facts.js';
import { TOKEN_SECONDS } from '../users.js';
import type { ProcessSpec } from './child-process.js';
import { answers, isReady } from './probe.js';

const NODE = process.execPath;
const PRELOAD = join(ROOT, 'libs', 'telemetry', 'dist', 'preload.js');

/** What every part is started with. */
export interface PartContext {
  readonly layout: Layout;
  /** Where spans go (OTLP over HTTP); absent: nowhere. */
  readonly otlpEndpoint?: string;
}

function telemetry(serviceName: string, otlpEndpoint: string | undefined): Record<string, string> {
  return { OTEL_SERVICE_NAME: serviceName, ...(otlpEndpoint ? { OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint } : {}) };
}

/** The settings that the facts of the service name: files of the development PKI, connectors, the terminals' door. */
function settingsOf(service: ServiceName, layout: Layout): Record<string, string> {
  const { doors, trust, keys, connectors } = factsOf(service);
  const files = Object.entries({ ...trust, ...keys }).map(([setting, file]) => [setting, layout.path('pki', file)]);
  return {
    ...Object.fromEntries(files),
    ...(connectors ? { CONNECTORS_DIR: layout.path('connectors') } : {}),
    ...(doors.includes('terminal') ? { RELAY_HOST: '127.0.0.1', RELAY_PORT: String(layout.ports['terminal-door']) } : {}),
  };
}

export function serviceSpec({ layout, otlpEndpoint }: PartContext, service: ServiceName, databaseUrl: string): ProcessSpec {
  const main = join(ROOT, 'services', service, 'dist', 'main.js');
  const port = layout.ports[service];
  return {
    name: service,
    command: NODE,
    args: ['--enable-source-maps', '--import', PRELOAD, main],
    env: {
      ...telemetry(service, otlpEndpoint),
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: String(port),
      HTTP_TLS_CERT_FILE: layout.path('pki', 'localhost.pem'),
      HTTP_TLS_KEY_FILE: layout.path('pki', 'localhost.key'),
      NATS_URL: `nats://127.0.0.1:${layout.ports.nats}`,
      NATS_NKEY_FILE: layout.path('nats', `${service}.nk`),
      DATABASE_URL: databaseUrl,
      INTERNAL_JWKS_FILE: layout.path('pki', 'internal-jwks.json'),
      INTERNAL_ISSUER: DEVELOPMENT_ISSUER,
      INTERNAL_TOKEN_MAX_SECONDS: String(TOKEN_SECONDS),
      LOG_LEVEL: 'info',
      ...settingsOf(service, layout),
    },
    logFile: layout.path('logs', `${service}.log`),
    ready: () => isReady(layout, service),
  };
}

export function bankSpec({ layout }: PartContext, seed: number): ProcessSpec {
  const main = join(ROOT, 'examples', 'bank', 'dist', 'main.js');
  const { bank, 'bank-admin': admin } = layout.ports;
  return {
    name: 'bank',
    command: NODE,
    args: [
      '--enable-source-maps',
      main,
      'serve',
      '--dir',
      layout.path('bank'),
      '--port',
      `${bank}`,
      '--admin-port',
      `${admin}`,
      '--seed',
      `${seed}`,
    ],
    logFile: layout.path('logs', 'bank.log'),
    ready: () => answers(`http://127.0.0.1:${admin}/counters`),
  };
}

export function agentSpec({ layout, otlpEndpoint }: PartContext, home: string, name = 'terminal-agent'): ProcessSpec {
  return {
    name,
    command: NODE,
    args: ['--enable-source-maps', '--import', PRELOAD, AGENT_MAIN, 'run', '--home', home],
    env: telemetry('terminal-agent', otlpEndpoint),
    logFile: layout.path('logs', `${name}.log`),
    ready: async () => {
      if (!readFileSync(join(home, 'state.json'), 'utf8').includes('"link":"connected"'))
        throw new Error('the agent has not connected yet');
    },
  };
}

export const AGENT_MAIN = join(ROOT, 'clients', 'terminal-agent', 'dist', 'main.js');
export const BANK_MAIN = join(ROOT, 'examples', 'bank', 'dist', 'main.js');
