import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { SERVICES, schemaOf } from '@enishi/contracts';
import { verifyKey, verifyRoot } from '@enishi/crypto';
import { isRunning } from '@enishi/infra';
import { connectBus } from '@enishi/messaging';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { freshDatabase } from '../src/fresh-database.js';
import { freshNats, freshPki, freshPlatform, TelemetryCollector, waitFor } from '../src/index.js';
import { testRun } from '../src/run.js';

let nats: Awaited<ReturnType<typeof freshNats>>;

beforeAll(async () => {
  nats = await freshNats();
});
afterAll(() => nats.stop());

describe('what tests stand on', () => {
  it('two test files cannot see each other in the database', async () => {
    const ledger = join(import.meta.dirname, '..', '..', 'database', 'test', 'ledger', 'prisma', 'migrations');
    const [one, other] = await Promise.all([1, 2].map(() => freshDatabase({ services: [{ name: 'parser', migrationsDir: ledger }] })));
    if (!one || !other) throw new Error('two were asked for');
    const client = new pg.Client({ connectionString: one.url('parser') });
    await client.connect();
    await client.query("INSERT INTO entry (id, amount) VALUES ('mine', 1)");
    await client.end();
    const elsewhere = new pg.Client({ connectionString: other.url('parser') });
    await elsewhere.connect();
    expect((await elsewhere.query('SELECT * FROM parser.entry')).rows).toEqual([]);
    await elsewhere.end();
    await Promise.all([one.stop(), other.stop()]);
  });

  it('a service connects to NATS with its own NKey, before and after a kill of the server', async () => {
    const bus = await connectBus({ url: nats.url, nkeySeed: nats.seed('parser'), service: 'parser' });
    await nats.kill();
    await nats.restart();
    expect(await waitFor(() => bus.check().then(() => true))).toBe(true);
    const again = await connectBus({ url: nats.url, nkeySeed: readFileSync(nats.seedFile('parser'), 'utf8'), service: 'parser' });
    await Promise.all([bus.drain(), again.drain()]);
  });

  it('a platform has every service in its own schema, and the keys as files', async () => {
    const platform = await freshPlatform({ services: [...SERVICES] });
    for (const service of SERVICES) {
      const client = new pg.Client({ connectionString: platform.databaseUrl(service) });
      await client.connect();
      const { rows } = await client.query("SELECT current_schema() AS schema, to_regclass('outbox') IS NOT NULL AS migrated");
      expect(rows).toEqual([{ schema: schemaOf(service), migrated: true }]);
      await client.end();
      const bus = await connectBus({ url: platform.natsUrl, nkeySeed: readFileSync(platform.nkeySeedFile(service), 'utf8'), service });
      await bus.check();
      await bus.drain();
    }
    expect(JSON.parse(readFileSync(platform.pki.internalJwksFile, 'utf8'))).toMatchObject({ keys: [{ kty: 'OKP' }] });
    await platform.stop();
    expect(existsSync(platform.dir)).toBe(false);
  });

  it('a run that is killed leaves no server and no directory', async () => {
    // A run of its own, as jest makes it; killed without a word.
    const program = `const { default: setUp } = await import(${JSON.stringify(join(import.meta.dirname, '..', 'dist', 'global-setup.js'))});
      await setUp();
      console.log(process.env.ENISHI_TEST_RUN_FILE);
      setInterval(() => {}, 60_000);`;
    const killed = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [file] = (await once(createInterface(killed.stdout), 'line')) as [string];
    const pid = Number(readFileSync(join(dirname(file), 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
    killed.kill('SIGKILL');
    await waitFor(() => !existsSync(dirname(file)), { what: 'the removal of the directory' });
    expect(isRunning(pid)).toBe(false);
  });

  it('the keys are certified by the root', async () => {
    const pki = await freshPki(join(testRun().dir, 'pki-of-a-test'));
    const root = verifyRoot(readFileSync(pki.rootFile, 'utf8'), pki.rootThumbprint);
    const now = Date.now() / 1000;
    expect(verifyKey(readFileSync(pki.orderKeyStatementFile, 'utf8'), root, 'order', now).use).toBe('order');
    expect(verifyKey(readFileSync(pki.resultKeyStatementFile, 'utf8'), root, 'result', now).use).toBe('result');
    expect(verifyKey(readFileSync(pki.connectorKeyStatementFile, 'utf8'), root, 'connector', now).use).toBe('connector');
  });

  it('the collector takes OTLP/HTTP JSON', async () => {
    const collector = await TelemetryCollector.start();
    const span = {
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      name: 'GET /x',
      kind: 2,
      startTimeUnixNano: '1700000000000000000',
      endTimeUnixNano: '1700000000000000001',
      attributes: [{ key: 'http.response.status_code', value: { intValue: '200' } }],
      status: { code: 1 },
    };
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'parser' } }] };
    const answer = await fetch(`${collector.endpoint}/v1/traces`, {
      method: 'POST',
      body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
    });
    expect(answer.status).toBe(200);
    const [seen] = await waitFor(() => (collector.spans().length > 0 ? collector.spans() : null));
    expect(seen).toEqual({
      service: 'parser',
      name: 'GET /x',
      traceId: span.traceId,
      spanId: span.spanId,
      kind: 2,
      attributes: { 'http.response.status_code': 200 },
      startUnixNano: 1_700_000_000_000_000_000n,
      endUnixNano: 1_700_000_000_000_000_001n,
      status: 1,
    });
    await collector.stop();
  });
});
