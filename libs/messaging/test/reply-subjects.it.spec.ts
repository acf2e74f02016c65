/**
 * Whoever asks names the subject of the answer. Each service, with its own key, asks all that it lawfully may, and names each
 * subject where an answer would do harm. What is there before is there afterwards.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EVENTS, REQUESTS, SERVICES, type ServiceName } from '@enishi/contracts';
import { type RunningNats, startNatsServer } from '@enishi/infra';
import { type FreshNats, freshNats, testRun } from '@enishi/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ConsumerInfo, jetstream, jetstreamManager, type StreamInfo } from '@nats-io/jetstream';
import { connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node';
import { DEAD_LETTER_STREAM, durableOf, inboxPrefixOf, roleOf, STREAMS_API, streamOf, subjectPattern } from '../src/names.js';
import { generateNkey } from '../src/nkeys.js';
import { natsAccounts, permissionsOf, STREAMS_ACCOUNT } from '../src/permissions.js';
import { provision } from '../src/provision.js';

const EVENTS_EACH = 20;

const connections: NatsConnection[] = [];
async function closeAll(): Promise<void> {
  await Promise.all(connections.splice(0).map((nc) => nc.close()));
}

async function clientOf(url: string, seed: string, inboxPrefix: string): Promise<NatsConnection> {
  const nc = await connect({ servers: url, authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)), inboxPrefix });
  connections.push(nc);
  return nc;
}

const STREAMS = [...new Set(EVENTS.map(({ owner }) => streamOf(owner))), DEAD_LETTER_STREAM];
const DURABLES = EVENTS.flatMap((event) =>
  event.hearers.map((hearer) => ({ hearer, name: `${streamOf(event.owner)}.${durableOf(hearer, event)}` })),
);

/** Subjects where an answer with the rights of another would do harm to what is not `service`'s own. */
function harmfulReplies(service: ServiceName): string[] {
  const foreign = DURABLES.filter(({ hearer }) => hearer !== service).map(({ name }) => name);
  const streamVerbs = ['DELETE', 'PURGE', 'UPDATE', 'MSG.DELETE', 'MSG.GET', 'SNAPSHOT', 'LEADER.STEPDOWN', 'INFO'];
  const consumerVerbs = ['DELETE', 'PAUSE', 'MSG.NEXT', 'UNPIN', 'LEADER.STEPDOWN', 'INFO', 'DURABLE.CREATE', 'CREATE'];
  return [
    ...foreign.map((name) => `$JS.ACK.${name}.1.1.1.1.0`),
    ...EVENTS.filter(({ owner }) => owner !== service).map(({ subject }) => subject),
    ...REQUESTS.filter(({ callers }) => !callers.includes(service)).map((request) => subjectPattern(request).replace('*', 'sess_x')),
    ...SERVICES.filter((other) => other !== service).flatMap((other) => [`dead-letter.${other}.x.y.z.v1`, `${inboxPrefixOf(other)}.x`]),
    ...consumerVerbs.flatMap((verb) => foreign.map((name) => `$JS.API.CONSUMER.${verb}.${name}`)),
    ...streamVerbs.flatMap((verb) => STREAMS.map((stream) => `$JS.API.STREAM.${verb}.${stream}`)),
    '$JS.API.STREAM.CREATE.mine',
    '$JS.API.INFO',
    '$JS.API.STREAM.NAMES',
    '$SYS.REQ.SERVER.PING',
    '_R_.x',
    '_GR_.x',
  ];
}

/** All that the service may send, as subjects of one message each, with bodies that get an answer. */
function lawful(service: ServiceName): { subject: string; body: string }[] {
  return permissionsOf(service).publish.flatMap((pattern) => {
    if (pattern.startsWith('$JS.ACK.'))
      return ['+NXT', '+WPI', '-NAK', '+ACK'].map((body) => ({ subject: pattern.replace('>', '1.1.1.1.0'), body }));
    if (pattern.includes('.MSG.NEXT.')) return [{ subject: pattern, body: '{"batch":2,"no_wait":true}' }];
    if (pattern.startsWith(`${STREAMS_API}.`)) return [{ subject: pattern, body: '' }];
    return [{ subject: pattern.replace('.*', '.sess_x').replace('.>', '.x'), body: '{}' }];
  });
}

/** Sends each lawful message once for each harmful reply; gives how many of each subject the server took. */
async function attack(nc: NatsConnection, service: ServiceName): Promise<number> {
  const replies = harmfulReplies(service);
  for (const reply of replies) {
    for (const { subject, body } of lawful(service)) nc.publish(subject, body, { reply });
    await nc.flush();
  }
  // The server itself refuses a reply under its own names.
  return replies.filter((reply) => !/^(_R_|_GR_|\$JS\.ACK)\./.test(reply)).length;
}

/** All streams and durables as the operator sees them. */
async function picture(operator: NatsConnection): Promise<{ streams: StreamInfo[]; consumers: ConsumerInfo[] }> {
  const manager = await jetstreamManager(operator);
  const names = await manager.streams.names().next();
  const streams = await Promise.all(names.map((name) => manager.streams.info(name, { subjects_filter: '>' })));
  const consumers = await Promise.all(names.map((name) => manager.consumers.list(name).next()));
  return { streams, consumers: consumers.flat() };
}

async function fill(url: string, seedOf: (service: ServiceName) => string): Promise<void> {
  for (const { owner, subject } of EVENTS) {
    const nc = await clientOf(url, seedOf(owner), inboxPrefixOf(owner));
    for (let count = 0; count < EVENTS_EACH; count++) await nc.request(subject, '{}', { timeout: 2_000 });
  }
}

describe('with an account for each service', () => {
  let nats: FreshNats;
  let operator: NatsConnection;
  // One each: a pull that an attack leaves open would take the messages of the next test.
  beforeEach(async () => {
    nats = await freshNats();
    await fill(nats.url, nats.seed);
    operator = await clientOf(nats.url, nats.operatorSeed, '_INBOX_operator');
  });
  afterEach(async () => {
    await closeAll();
    await nats.stop();
  });

  it.each(SERVICES)(
    'whatever reply subject %s names, no stream, durable, event, request or inbox of another is reached',
    async (service) => {
      const before = await picture(operator);
      const heard: string[] = [];
      for (const other of SERVICES.filter((one) => one !== service)) {
        const nc = await clientOf(nats.url, nats.seed(other), inboxPrefixOf(other));
        const record = {
          callback: (error: Error | null, message: { subject: string }) => void (error === null && heard.push(message.subject)),
        };
        nc.subscribe(`${inboxPrefixOf(other)}.>`, record);
        for (const request of roleOf(other).answers.filter(({ callers }) => !callers.includes(service)))
          nc.subscribe(subjectPattern(request), { ...record, ...(request.addressedBy === undefined ? { queue: other } : {}) });
        await nc.flush();
      }
      const sent = await attack(await clientOf(nats.url, nats.seed(service), inboxPrefixOf(service)), service);
      await Promise.all(connections.map((nc) => nc.flush()));
      const after = await picture(operator);

      expect(sent).toBeGreaterThan(40);
      expect(heard).toEqual([]);
      const made = ({ name, config, created }: Made) => ({ name, config, created });
      expect(after.streams.map(made)).toEqual(before.streams.map(made));
      expect(after.consumers.map(made)).toEqual(before.consumers.map(made));
      // What it may publish has come in once for each time that it was sent; nothing else has come, and nothing has gone.
      const expected = countsIn(before);
      const kept = [
        ...roleOf(service).emits.map(({ subject }) => subject),
        ...(roleOf(service).hears.length > 0 ? [`dead-letter.${service}.x`] : []),
      ];
      for (const subject of kept) expected[subject] = (expected[subject] ?? 0) + sent;
      expect(countsIn(after)).toEqual(expected);
      const progress = ({ consumers }: { consumers: ConsumerInfo[] }) =>
        consumers
          .filter(({ name }) => !name.startsWith(`${service}__`))
          .map(({ name, delivered, ack_floor, num_ack_pending, paused }) => ({ name, delivered, ack_floor, num_ack_pending, paused }));
      expect(progress(after)).toEqual(progress(before));
    },
  );

  it.each(SERVICES)('%s does all that its contracts say: it publishes, pulls and acknowledges', async (service) => {
    const nc = await clientOf(nats.url, nats.seed(service), inboxPrefixOf(service));
    for (const { subject } of roleOf(service).emits) {
      const acknowledged = await nc.request(subject, '{}', { timeout: 2_000 });
      expect(acknowledged.json()).toMatchObject({ stream: streamOf(service) });
    }
    const { consumers } = await jetstreamManager(operator);
    for (const event of roleOf(service).hears) {
      const [stream, durable] = [streamOf(event.owner), durableOf(service, event)];
      const consumer = await jetstream(nc, { apiPrefix: STREAMS_API }).consumers.get(stream, durable);
      const message = await consumer.next({ expires: 2_000 });
      expect(await message?.ackAck()).toBe(true);
      expect((await consumers.info(stream, durable)).ack_floor.consumer_seq).toBe(1);
    }
  });
});

interface Made {
  readonly name?: string;
  readonly config: unknown;
  readonly created: string;
}

/** Messages of each subject, over all streams. */
function countsIn({ streams }: { streams: StreamInfo[] }): Record<string, number> {
  return Object.fromEntries(streams.flatMap(({ state }) => Object.entries(state.subjects ?? {})));
}

it('the attack is real: in one account for all, a service with the same permissions deletes a stream that is not its own', async () => {
  const keys = Object.fromEntries(SERVICES.map((service) => [service, generateNkey()])) as Record<
    ServiceName,
    ReturnType<typeof generateNkey>
  >;
  const operatorKey = generateNkey();
  const accounts = natsAccounts({
    operator: operatorKey.publicKey,
    users: Object.fromEntries(SERVICES.map((service) => [service, keys[service].publicKey])),
  });
  const dir = join(testRun().dir, 'one-account');
  const users = Object.values(accounts).flatMap((account) => account.users);
  const shared = { [STREAMS_ACCOUNT]: { jetstream: 'enabled', users, mappings: { [`${STREAMS_API}.>`]: '$JS.API.>' } } };
  writeFileSync(`${dir}.conf`, JSON.stringify({ port: -1, host: '127.0.0.1', jetstream: { store_dir: `${dir}-store` }, accounts: shared }));
  const server: RunningNats = await startNatsServer({ binary: testRun().natsBinary, configFile: `${dir}.conf`, dir: `${dir}-state` });
  try {
    await provision({ url: server.url, nkeySeed: operatorKey.seed });
    await fill(server.url, (service) => keys[service].seed);
    await attack(await clientOf(server.url, keys.parser.seed, inboxPrefixOf('parser')), 'parser');
    const { streams } = await picture(await clientOf(server.url, operatorKey.seed, '_INBOX_operator'));
    expect(streams.map(({ config }) => config.name)).not.toContain(streamOf('command-dispatcher'));
  } finally {
    await closeAll();
    await server.stop();
  }
});
