/** The generated configuration under a server of its own: TLS, and keys that change while clients are connected. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES, type ServiceName } from '@enishi/contracts';
import { createDevCa, issueCert, type RunningNats, startNatsServer } from '@enishi/infra';
import { testRun, waitFor } from '@enishi/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';
import { connectBus } from '../src/bus.js';
import { connectNats } from '../src/connection.js';
import { streamOf } from '../src/names.js';
import { generateNkey } from '../src/nkeys.js';
import { AUTHORIZATION_SECONDS, type NatsServerConfigOptions, natsAccounts, natsServerConfig, permissionsOf } from '../src/permissions.js';
import { provision } from '../src/provision.js';
import { keptLog } from './parts.js';

let dir: string;
let server: RunningNats;
let caFile: string;
let otherCaFile: string;
let configFile: string;
const operator = generateNkey();
const keys = Object.fromEntries(SERVICES.map((service) => [service, generateNkey()])) as Record<
  ServiceName,
  ReturnType<typeof generateNkey>
>;
const users = Object.fromEntries(SERVICES.map((service) => [service, keys[service].publicKey])) as Record<ServiceName, string>;
let options: NatsServerConfigOptions;

beforeAll(async () => {
  dir = join(testRun().dir, 'messaging-server');
  for (const part of ['', 'other']) mkdirSync(join(dir, part), { recursive: true });
  const ca = await createDevCa(dir);
  caFile = ca.certFile;
  otherCaFile = (await createDevCa(join(dir, 'other'))).certFile;
  const { certPem, keyPem } = await issueCert(ca, { kind: 'server', commonName: 'nats' });
  writeFileSync(join(dir, 'nats.pem'), certPem);
  writeFileSync(join(dir, 'nats.key'), keyPem, { mode: 0o600 });
  options = {
    users,
    operator: operator.publicKey,
    port: -1,
    storeDir: join(dir, 'jetstream'),
    tls: { certFile: join(dir, 'nats.pem'), keyFile: join(dir, 'nats.key') },
  };
  configFile = join(dir, 'nats.conf');
  writeFileSync(configFile, natsServerConfig(options));
  server = await startNatsServer({ binary: testRun().natsBinary, configFile, dir: join(dir, 'state') });
});
afterAll(async () => {
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});

describe('a bus with TLS', () => {
  it('takes clients that trust its CA, services and the operator', async () => {
    await provision({ url: server.url, nkeySeed: operator.seed, caFile });
    const bus = await connectBus({ service: 'parser', url: server.url, nkeySeed: keys.parser.seed, caFile, log: keptLog('parser').log });
    expect(bus.nc.info?.tls_required).toBe(true);
    await expect(bus.check()).resolves.toBeUndefined();
    await bus.drain();
  });

  it('is refused by a client that trusts another CA', async () => {
    const wrong = { url: server.url, nkeySeed: keys.parser.seed, caFile: otherCaFile };
    await expect(connectNats(wrong, { name: 'x', inboxPrefix: '_INBOX_parser', limitMs: 0 })).rejects.toMatchObject({
      code: 'platform.not_available',
      cause: expect.objectContaining({ message: expect.stringMatching(/certificate/i) }),
    });
  });

  it('is not spoken to in clear by a client that demands TLS', async () => {
    const plain = natsServerConfig({ ...options, tls: undefined, storeDir: join(dir, 'plain') } as NatsServerConfigOptions);
    writeFileSync(join(dir, 'plain.conf'), plain);
    const inClear = await startNatsServer({
      binary: testRun().natsBinary,
      configFile: join(dir, 'plain.conf'),
      dir: join(dir, 'plain-state'),
    });
    try {
      const login = { url: inClear.url, nkeySeed: keys.parser.seed, caFile };
      await expect(connectNats(login, { name: 'x', inboxPrefix: '_INBOX_parser', limitMs: 0 })).rejects.toMatchObject({
        code: 'platform.not_available',
        cause: expect.objectContaining({ message: expect.stringMatching(/tls/i) }),
      });
    } finally {
      await inClear.stop();
    }
  });
});

it('a service survives that its key is unknown to the server for a while, as during a rotation', async () => {
  const { log, lines } = keptLog('parser');
  const bus = await connectBus({ service: 'parser', url: server.url, nkeySeed: keys.parser.seed, caFile, log });
  writeFileSync(configFile, natsServerConfig({ ...options, port: server.port, users: { ...users, parser: generateNkey().publicKey } }));
  server.reload();
  await waitFor(() => lines.some(({ msg }) => msg === 'the bus is away'), { what: 'the server to end the connection' });
  // Two equal authorization errors are where the client gives up unless it is told otherwise.
  const refusals = () => lines.filter(({ err }) => /authorization/i.test(err?.message ?? '')).length;
  await waitFor(() => refusals() >= 4, { what: 'the client to be refused again and again' });
  await expect(bus.check()).rejects.toMatchObject({ code: 'platform.not_available' });
  writeFileSync(configFile, natsServerConfig({ ...options, port: server.port }));
  server.reload();
  await waitFor(() => bus.check().then(() => true), { what: 'the client to be back' });
  await bus.drain();
});

describe('two platforms on one server, told apart by the prefix of their accounts', () => {
  it('share no stream, no event and no request', async () => {
    const operators = { 'a-': generateNkey(), 'b-': generateNkey() };
    const parsers = { 'a-': generateNkey(), 'b-': generateNkey() };
    const relay = generateNkey();
    const accountsOf = (prefix: 'a-' | 'b-') =>
      natsAccounts({
        prefix,
        operator: operators[prefix].publicKey,
        users: { parser: parsers[prefix].publicKey, ...(prefix === 'a-' ? { 'terminal-relay': relay.publicKey } : {}) },
      });
    const file = join(dir, 'two.conf');
    const jetstream = { store_dir: join(dir, 'two') };
    writeFileSync(file, JSON.stringify({ port: -1, host: '127.0.0.1', jetstream, accounts: { ...accountsOf('a-'), ...accountsOf('b-') } }));
    const both = await startNatsServer({ binary: testRun().natsBinary, configFile: file, dir: join(dir, 'two-state') });
    const clientOf = (seed: string, inboxPrefix: string) =>
      connect({ servers: both.url, authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)), inboxPrefix });
    try {
      for (const { seed } of Object.values(operators)) await provision({ url: both.url, nkeySeed: seed });
      const answered: string[] = [];
      const [ofA, ofB] = await Promise.all([clientOf(parsers['a-'].seed, '_INBOX_parser'), clientOf(parsers['b-'].seed, '_INBOX_parser')]);
      for (const [name, nc] of [
        ['a', ofA],
        ['b', ofB],
      ] as const)
        nc.subscribe('parser.result.accept.v1', {
          queue: 'parser',
          callback: (_, message) => {
            answered.push(name);
            message.respond(name);
          },
        });
      await Promise.all([ofA.flush(), ofB.flush()]);
      const asking = await clientOf(relay.seed, '_INBOX_terminal-relay');
      for (let count = 0; count < 20; count++) await asking.request('parser.result.accept.v1', '{}', { timeout: 2_000 });
      expect(answered).toEqual(Array<string>(20).fill('a'));
      await ofA.request('parser.page.read.v1', '{}', { timeout: 2_000 });
      const held = async (seed: string) => {
        const nc = await clientOf(seed, '_INBOX_operator');
        const { state } = await (await jetstreamManager(nc)).streams.info(streamOf('parser'));
        await nc.close();
        return state.messages;
      };
      expect([await held(operators['a-'].seed), await held(operators['b-'].seed)]).toEqual([1, 0]);
      await Promise.all([ofA, ofB, asking].map((nc) => nc.close()));
    } finally {
      await both.stop();
    }
  });
});

describe('a configuration that is JSON as a whole, as the official chart writes it from `./enishi kubernetes nats-values`', () => {
  let other: RunningNats;
  beforeAll(async () => {
    const { parser, 'terminal-relay': relay } = users;
    const authorization = { timeout: AUTHORIZATION_SECONDS };
    const accounts = natsAccounts({ operator: operator.publicKey, users: { parser, 'terminal-relay': relay } });
    const jetstream = { store_dir: join(dir, 'chart') };
    const file = join(dir, 'chart.conf');
    writeFileSync(file, JSON.stringify({ port: -1, host: '127.0.0.1', jetstream, authorization, accounts }));
    other = await startNatsServer({ binary: testRun().natsBinary, configFile: file, dir: join(dir, 'chart-state') });
  });
  afterAll(() => other.stop());

  /** What the server says to one who publishes and subscribes so; rejects when it lets them not in. */
  async function said(seed: string, publish: readonly string[], subscribe: readonly string[]): Promise<string[]> {
    const nc = await connect({ servers: other.url, authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)), reconnect: false });
    const violations: string[] = [];
    void (async () => {
      for await (const status of nc.status()) if (status.type === 'error') violations.push(status.error.message);
    })();
    for (const subject of publish) nc.publish(subject, '{}');
    for (const pattern of subscribe) {
      const [subject = '', queue] = pattern.split(' ');
      nc.subscribe(subject, { ...(queue === undefined ? {} : { queue }), callback: () => undefined });
    }
    await nc.flush();
    // Its words went through the client's own queue before the answer to the flush did; one turn empties that.
    await new Promise((resolve) => setImmediate(resolve));
    await nc.close();
    return violations;
  }
  const example = (subject: string) => subject.replace(/[*>]$/, 'x');

  it('lets each service do what its contracts say', async () => {
    for (const service of ['parser', 'terminal-relay'] as const) {
      const { publish, subscribe } = permissionsOf(service);
      expect([service, await said(keys[service].seed, publish.map(example), subscribe)]).toEqual([service, []]);
    }
  });

  it('lets none do what is another’s, and nobody in who is not named', async () => {
    const own = permissionsOf('parser').publish;
    const foreign = permissionsOf('terminal-relay').publish.filter((subject) => !own.includes(subject));
    expect(foreign.length).toBeGreaterThan(0);
    const violations = await said(keys.parser.seed, foreign.map(example), ['>']);
    expect(violations).toHaveLength(foreign.length + 1);
    for (const subject of foreign) expect(violations.join('\n')).toContain(`Publish to "${example(subject)}"`);
    await expect(said(keys['command-dispatcher'].seed, [], [])).rejects.toThrow(/Authorization/i);
    await expect(said(generateNkey().seed, [], [])).rejects.toThrow(/Authorization/i);
  });

  it('provisions by the operator, who may do everything', async () => {
    const { streams } = await provision({ url: other.url, nkeySeed: operator.seed });
    expect(streams).toContain('dead-letters');
  });
});
