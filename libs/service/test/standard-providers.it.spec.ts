/** A Nest module that stands on `standardProviders`: real Postgres, real nats-server, a real HTTP door. */
import { writeFileSync } from 'node:fs';
import { followedText, Secret } from '@enishi/config';
import { DEVELOPMENT_ISSUER, OrderId, type Payload, pageRead, RunId } from '@enishi/contracts';
import type { SqlClient, TransactingClient } from '@enishi/database';
import { type RunningService, start } from '@enishi/http';
import { Bus } from '@enishi/messaging';
import { createLogger } from '@enishi/telemetry';
import { type FreshPlatform, freshPlatform, waitFor } from '@enishi/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DynamicModule, Module } from '@nestjs/common';
import pg from 'pg';
import { type ServiceDatabase, standardProviders } from '../src/standard-providers.js';

const SERVICE = 'parser';
const lines: Record<string, unknown>[] = [];
let platform: FreshPlatform;
let service: RunningService;

/** What a service's own class does with its Prisma client, on the driver alone. */
class Database implements ServiceDatabase {
  readonly #pool: pg.Pool;
  readonly client: TransactingClient;

  constructor({ url, schema }: { url: string; schema: string }) {
    this.#pool = new pg.Pool({ connectionString: url, options: `-c search_path=${schema}`, max: 4 });
    const on = (client: pg.Pool | pg.PoolClient): SqlClient => ({
      $executeRawUnsafe: async (query, ...values) => (await client.query(query, values)).rowCount ?? 0,
      $queryRawUnsafe: async <T>(query: string, ...values: unknown[]) => (await client.query(query, values)).rows as T,
    });
    this.client = {
      ...on(this.#pool),
      $transaction: async (work) => {
        const client = await this.#pool.connect();
        try {
          await client.query('BEGIN');
          const result = await work(on(client));
          await client.query('COMMIT');
          return result;
        } catch (error) {
          await client.query('ROLLBACK');
          throw error;
        } finally {
          client.release();
        }
      },
    };
  }
  transaction<T>(work: (tx: SqlClient) => Promise<T>): Promise<T> {
    return this.client.$transaction(work);
  }
  async check(): Promise<void> {
    await this.#pool.query('SELECT 1');
  }
  async onApplicationShutdown(): Promise<void> {
    await this.#pool.end();
  }
}

@Module({})
class AppModule {}

beforeAll(async () => {
  platform = await freshPlatform({ services: [SERVICE] });
  const config = {
    DATABASE_URL: platform.databaseUrl(SERVICE),
    NATS_URL: platform.natsUrl,
    NATS_NKEY_FILE: new Secret(followedText(platform.nats.seedFile(SERVICE), { maxBytes: 1_024 })),
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: 0,
    INTERNAL_JWKS_FILE: platform.pki.internalJwksFile,
    INTERNAL_ISSUER: DEVELOPMENT_ISSUER,
    INTERNAL_TOKEN_MAX_SECONDS: 60,
    LOG_LEVEL: 'info' as const,
  };
  const log = createLogger(SERVICE, 'info', { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
  const module: DynamicModule = { module: AppModule, providers: standardProviders({ service: SERVICE, config, log, database: Database }) };
  service = await start({ service: SERVICE, module, config, log, routes: [], signals: false });
});
afterAll(async () => {
  await service?.stop();
  await platform.stop();
});

const ready = async () => {
  const answer = await fetch(`${service.url}/readyz`);
  return { status: answer.status, text: await answer.text() };
};

async function emitPageRead(): Promise<string> {
  const payload: Payload<typeof pageRead> = {
    orderId: OrderId.generate(),
    runId: RunId.generate(),
    page: 'accounts',
    verdict: 'not_a_statement',
    facts: {},
    lists: {},
    cause: null,
    detail: 'a-detail-of-the-payload',
    fingerprint: 'x',
    rows: 0,
    credentialVersion: null,
  };
  const bus = service.app.get(Bus);
  const id = await service.app.get(Database).client.$transaction((tx) => bus.emit(tx, pageRead, payload));
  bus.poke();
  return id;
}
const published = async (id: string) => {
  const { client } = service.app.get(Database);
  return (await client.$queryRawUnsafe<unknown[]>('SELECT 1 FROM outbox WHERE id = $1 AND published_at IS NOT NULL', id)).length === 1;
};

describe('a service on this ground', () => {
  it('is ready with postgres and nats, and publishes what is emitted', async () => {
    const { status, text } = await ready();
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ dependencies: { postgres: 'ready', nats: 'ready' } });
    const id = await emitPageRead();
    await waitFor(() => published(id), { what: 'the event to be published' });
  });

  it('takes up a new NKey without a restart, and no half-written one', async () => {
    const seed = platform.nats.rekey(SERVICE);
    const away = await waitFor(async () => (await ready()).status === 503);
    expect(away).toBe(true);
    const file = platform.nats.seedFile(SERVICE);
    for (const half of ['', seed.slice(0, 20)]) writeFileSync(file, half);
    const refusals = () => lines.filter(({ msg }) => msg === 'the bus refused something').length;
    const before = refusals();
    await waitFor(() => refusals() > before, { timeoutMs: 20_000, what: 'another try with the old key' });
    writeFileSync(file, seed);
    await waitFor(async () => (await ready()).status === 200, { timeoutMs: 20_000, what: 'the bus to be back' });
    const id = await emitPageRead();
    await waitFor(() => published(id), { what: 'the event to be published' });
  });

  it('names nats at /readyz while it is away, keeps the event, tells it afterwards, and logs both changes without a payload', async () => {
    await platform.nats.kill();
    const away = await waitFor(async () => {
      const answer = await ready();
      return answer.status === 503 && answer;
    });
    expect(JSON.parse(away.text)).toMatchObject({ dependencies: { postgres: 'ready', nats: 'away' } });
    const id = await emitPageRead();
    const said = (msg: string) => lines.some((line) => line['msg'] === msg && line['subject'] === pageRead.subject);
    await waitFor(() => said('events cannot be published; they wait in the outbox'));
    expect(await published(id)).toBe(false);
    await platform.nats.restart();
    await waitFor(() => published(id), { timeoutMs: 20_000, what: 'the event to be published' });
    await waitFor(() => said('events are published again'));
    expect(JSON.stringify(lines)).not.toContain('a-detail-of-the-payload');
  });
});
