import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connector, DEVELOPMENT_ISSUER, type ServiceName, schemaOf } from '@enishi/contracts';
import { CONNECTOR_TYP, randomToken, sha256, sign, signInternalToken } from '@enishi/crypto';
import { type Bus, connectBus } from '@enishi/messaging';
import pg from 'pg';
import { freshDatabase } from './fresh-database.js';
import { type FreshNats, freshNats } from './fresh-nats.js';
import { type FreshPki, freshPki } from './fresh-pki.js';
import { testRun } from './run.js';

export interface FreshPlatform {
  /** A directory of this test file; goes with stop(). */
  dir: string;
  /** Of the service's own role. */
  databaseUrl: (service: ServiceName) => string;
  adminUrl: string;
  natsUrl: string;
  nkeySeedFile: (service: ServiceName) => string;
  nats: FreshNats;
  pki: FreshPki;
  /** The settings that every service has, for one of them: any free port, plain HTTP, errors only in the log. */
  environmentOf: (service: ServiceName) => Record<string, string>;
  /** Speaks on the bus as this service does. Drained by stop(). */
  bus: (service: ServiceName) => Promise<Bus>;
  /** In the schema of the service, by its own role. Ended by stop(). */
  sql: (service: ServiceName) => pg.Pool;
  /** Where signed connectors lie. */
  connectorsDir: string;
  /** Puts a connector there, signed by a certified key. Gives the hash that orders name. */
  signConnector: (connector: unknown) => string;
  /** Asks a door at `url` as a client of this holder. */
  call: (url: string, request: HttpRequest) => Promise<HttpAnswer>;
  stop: () => Promise<void>;
}

export interface HttpRequest {
  readonly service: ServiceName;
  readonly holder: string;
  readonly scope: string;
  readonly path: string;
  /** Default GET. */
  readonly method?: string;
  /** Default `test`. */
  readonly client?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpAnswer {
  status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- each test knows what it asked for
  body: any;
}

/** Database, NATS and keys of one test file; `services` are those whose migrations are applied (all may speak on NATS). */
export async function freshPlatform(options: { services: ServiceName[] }): Promise<FreshPlatform> {
  const dir = mkdtempSync(join(testRun().dir, 'platform-'));
  const [database, nats, pki] = await Promise.all([freshDatabase(options), freshNats({ dir }), freshPki(join(dir, 'pki'))]);
  const connectorsDir = join(dir, 'connectors');
  mkdirSync(connectorsDir);
  const buses: Bus[] = [];
  const pools: pg.Pool[] = [];
  return {
    dir,
    databaseUrl: database.url,
    adminUrl: database.adminUrl,
    natsUrl: nats.url,
    nkeySeedFile: nats.seedFile,
    nats,
    pki,
    environmentOf: (service) => ({
      HTTP_PORT: '0',
      NATS_URL: nats.url,
      NATS_NKEY_FILE: nats.seedFile(service),
      DATABASE_URL: database.url(service),
      INTERNAL_JWKS_FILE: pki.internalJwksFile,
      INTERNAL_ISSUER: DEVELOPMENT_ISSUER,
      LOG_LEVEL: 'error',
    }),
    async bus(service) {
      const bus = await connectBus({ service, url: nats.url, nkeySeed: nats.seed(service) });
      buses.push(bus);
      return bus;
    },
    sql(service) {
      const pool = new pg.Pool({ connectionString: database.url(service), max: 2, options: `-c search_path=${schemaOf(service)}` });
      pools.push(pool);
      return pool;
    },
    connectorsDir,
    signConnector(connector) {
      const { privateJwk, statement } = pki.connector;
      const parsed = Connector.parse(connector);
      const jws = sign(parsed, privateJwk, { typ: CONNECTOR_TYP, header: { key: statement } });
      writeFileSync(join(connectorsDir, `${parsed.id}.jws`), jws);
      return sha256(jws);
    },
    async call(url, request) {
      const { method = 'GET', path, body } = request;
      const json = body === undefined ? {} : { 'content-type': 'application/json' };
      const answer = await fetch(url + path, {
        method,
        headers: { authorization: `Bearer ${tokenFor(pki, request)}`, ...json, ...request.headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
    },
    async stop() {
      await Promise.all([...buses.splice(0).map((bus) => bus.drain()), ...pools.splice(0).map((pool) => pool.end())]);
      await Promise.all([database.stop(), nats.stop()]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** An internal token for a minute, as the introspector will sign it. */
export function tokenFor(pki: FreshPki, { service, holder, scope, client = 'test' }: HttpRequestor): string {
  const iat = Math.floor(Date.now() / 1000);
  return signInternalToken(pki.internal.privateJwk, {
    iss: DEVELOPMENT_ISSUER,
    sub: holder,
    aud: service,
    iat,
    exp: iat + 60,
    jti: randomToken(12),
    client_id: client,
    scope,
  });
}
type HttpRequestor = Pick<HttpRequest, 'service' | 'holder' | 'scope' | 'client'>;
