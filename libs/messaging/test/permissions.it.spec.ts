/** The server itself keeps each service to its contracts: nothing here goes through our own checks. */
import { EVENTS, REQUESTS, SERVICES, type ServiceName } from '@enishi/contracts';
import { type FreshNats, freshNats, waitFor } from '@enishi/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node';
import { SERVICE_MAX_CONNECTIONS } from '../src/limits.js';
import { durableOf, inboxPrefixOf, STREAMS_API, streamOf, subjectPattern } from '../src/names.js';

let nats: FreshNats;
const connections: NatsConnection[] = [];

beforeAll(async () => {
  nats = await freshNats();
});
// Also because a subscription of one test would share the queue group with the next one's.
afterEach(async () => {
  await Promise.all(connections.splice(0).map((nc) => nc.close()));
});
afterAll(() => nats.stop());

/** A bare client with a service's key, and every violation that the server has told it. */
async function bare(service: ServiceName, inboxPrefix = inboxPrefixOf(service)): Promise<{ nc: NatsConnection; violations: string[] }> {
  const nc = await connect({
    servers: nats.url,
    authenticator: nkeyAuthenticator(new TextEncoder().encode(nats.seed(service))),
    inboxPrefix,
  });
  connections.push(nc);
  const violations: string[] = [];
  void (async () => {
    for await (const status of nc.status()) if (status.type === 'error') violations.push(status.error.message);
  })();
  return { nc, violations };
}

/** Resolves when the server has said all that it has to say to what was sent before. */
async function settled(nc: NatsConnection): Promise<void> {
  await nc.flush();
  // Its words went through the client's own queue before the answer to the flush did; one turn empties that.
  await new Promise((resolve) => setImmediate(resolve));
}

/** What the server says to a publish; empty when it lets it through. */
async function publishing(service: ServiceName, subjects: readonly string[]): Promise<string[]> {
  const { nc, violations } = await bare(service);
  for (const subject of subjects) nc.publish(subject, '{}');
  await settled(nc);
  await nc.close();
  return violations;
}

/** What the server says to subscriptions, of one client in all. */
async function subscribing(service: ServiceName, ...wanted: readonly { subject: string; queue?: string }[]): Promise<string[]> {
  const { nc, violations } = await bare(service);
  for (const { subject, queue } of wanted) nc.subscribe(subject, { ...(queue === undefined ? {} : { queue }), callback: () => undefined });
  await settled(nc);
  await nc.close();
  return violations;
}

const example = (pattern: string) => pattern.replace(/\*$/, 'sess_x');

describe.each(SERVICES)('the server lets %s', (service) => {
  const others = SERVICES.filter((other) => other !== service);

  it('publish the requests that it calls and the events that it owns', async () => {
    const allowed = [
      ...REQUESTS.filter(({ callers }) => callers.includes(service)).map((request) => example(subjectPattern(request))),
      ...EVENTS.filter(({ owner }) => owner === service).map(({ subject }) => subject),
    ];
    expect(await publishing(service, allowed)).toEqual([]);
  });

  it('publish no request that it does not call, and no event of another', async () => {
    const refused = [
      ...REQUESTS.filter(({ callers }) => !callers.includes(service)).map((request) => example(subjectPattern(request))),
      ...EVENTS.filter(({ owner }) => owner !== service).map(({ subject }) => subject),
      'something.else.entirely.v1',
    ];
    const violations = await publishing(service, refused);
    expect(violations).toHaveLength(refused.length);
    for (const subject of refused) expect(violations.join('\n')).toContain(`Permissions Violation for Publish to "${subject}"`);
  });

  it('subscribe to what it answers, in its own queue group only', async () => {
    const own = REQUESTS.filter(({ owner }) => owner === service);
    const queued = own.filter(({ addressedBy }) => addressedBy === undefined).map(({ subject }) => subject);
    const addressed = own.filter(({ addressedBy }) => addressedBy !== undefined).map((request) => example(subjectPattern(request)));
    const rightly = [...queued.map((subject) => ({ subject, queue: service })), ...addressed.map((subject) => ({ subject }))];
    expect(await subscribing(service, ...rightly)).toEqual([]);
    const wrongly = queued.flatMap((subject) => [{ subject }, { subject, queue: 'eavesdroppers' }]);
    expect(await subscribing(service, ...wrongly)).toHaveLength(wrongly.length);
  });

  it('subscribe to nothing that another answers or emits, and to no wildcard', async () => {
    const refused = [
      ...REQUESTS.filter(({ owner }) => owner !== service).map((request) => example(subjectPattern(request))),
      ...EVENTS.map(({ subject }) => subject),
      '>',
      '*.>',
      '_INBOX.>',
      '$JS.>',
      '$SYS.>',
      'dead-letter.>',
      ...others.map((other) => `${inboxPrefixOf(other)}.>`),
    ];
    const violations = await subscribing(service, ...refused.map((subject) => ({ subject })));
    expect(violations).toHaveLength(refused.length);
    for (const subject of refused) expect(violations.join('\n')).toContain(`Permissions Violation for Subscription to "${subject}"`);
  });

  it('neither make, change nor delete streams and consumers, nor use the durable of another', async () => {
    const streams = [...new Set(EVENTS.map(({ owner }) => streamOf(owner)))];
    const api = [
      ...streams.flatMap((stream) =>
        ['CREATE', 'UPDATE', 'DELETE', 'PURGE', 'MSG.GET', 'MSG.DELETE', 'INFO']
          .map((verb) => `STREAM.${verb}.${stream}`)
          .filter((name) => name !== `STREAM.INFO.${streamOf(service)}`),
      ),
      ...EVENTS.flatMap((event) => {
        const names = event.hearers
          .filter((hearer) => hearer !== service)
          .map((hearer) => `${streamOf(event.owner)}.${durableOf(hearer, event)}`);
        return names.flatMap((name) => [
          `CONSUMER.DURABLE.CREATE.${name}`,
          `CONSUMER.DELETE.${name}`,
          `CONSUMER.INFO.${name}`,
          `CONSUMER.MSG.NEXT.${name}`,
        ]);
      }),
      'STREAM.NAMES',
    ].flatMap((name) => [`$JS.API.${name}`, `${STREAMS_API}.${name}`]);
    const other = [
      ...EVENTS.flatMap((event) =>
        event.hearers
          .filter((hearer) => hearer !== service)
          .map((hearer) => `$JS.ACK.${streamOf(event.owner)}.${durableOf(hearer, event)}.1.1.1.1.1`),
      ),
      'dead-letter.operator.x',
      ...others.map((other) => `dead-letter.${other}.x.y.z.v1`),
    ];
    expect(await publishing(service, [...api, ...other])).toHaveLength(api.length + other.length);
  });
});

it('one service cannot read the replies to another: the subscription is refused, and nothing arrives', async () => {
  const relay = await bare('terminal-relay');
  const parser = await bare('parser');
  const dispatcher = await bare('command-dispatcher');
  const overheard: string[] = [];
  for (const subject of ['_INBOX_terminal-relay.>', '_INBOX_terminal-relay.*.*', '_INBOX_*.>'])
    dispatcher.nc.subscribe(subject, { callback: (error, message) => void (error === null && overheard.push(message.string())) });
  await settled(dispatcher.nc);
  parser.nc.subscribe('parser.result.accept.v1', { queue: 'parser', callback: (_, message) => void message.respond('for the relay only') });
  await settled(parser.nc);
  const reply = await relay.nc.request('parser.result.accept.v1', '{}', { timeout: 2_000 });
  expect(reply.string()).toBe('for the relay only');
  await settled(dispatcher.nc);
  expect(dispatcher.violations).toHaveLength(3);
  expect(overheard).toEqual([]);
});

it('a service that takes another inbox prefix gets no replies at all', async () => {
  const { nc, violations } = await bare('terminal-relay', '_INBOX_parser');
  await expect(nc.request('parser.result.accept.v1', '{}', { timeout: 500 })).rejects.toThrow(/timeout|permission/i);
  await settled(nc);
  expect(violations.join()).toContain('Permissions Violation for Subscription to "_INBOX_parser');
});

it('an answerer may reply once to each request, and to nothing that it was not asked', async () => {
  const relay = await bare('terminal-relay');
  const parser = await bare('parser');
  let asked = '';
  parser.nc.subscribe('parser.result.accept.v1', {
    queue: 'parser',
    callback: (_, message) => {
      asked = message.reply ?? '';
      message.respond('first');
      message.respond('second');
    },
  });
  await settled(parser.nc);
  await relay.nc.request('parser.result.accept.v1', '{}', { timeout: 2_000 });
  await settled(parser.nc);
  expect(parser.violations.join()).toContain(`Permissions Violation for Publish to "${asked}"`);
  parser.nc.publish(`${asked}x`, 'unasked');
  await settled(parser.nc);
  expect(parser.violations).toHaveLength(2);
});

it('one service cannot take the connections of the others', async () => {
  const authenticator = nkeyAuthenticator(new TextEncoder().encode(nats.seed('parser')));
  for (let count = 0; count < SERVICE_MAX_CONNECTIONS; count++) connections.push(await connect({ servers: nats.url, authenticator }));
  // The server cuts the line at once; how much of its reason arrives before is chance.
  await expect(connect({ servers: nats.url, authenticator, reconnect: false })).rejects.toMatchObject({ message: expect.any(String) });
  await expect(bare('terminal-relay')).resolves.toBeDefined();
});

it('a key that is not in the configuration cannot connect', async () => {
  const { generateNkey } = await import('../src/nkeys.js');
  const stranger = nkeyAuthenticator(new TextEncoder().encode(generateNkey().seed));
  await expect(connect({ servers: nats.url, authenticator: stranger, reconnect: false })).rejects.toThrow(/Authorization/i);
  await expect(connect({ servers: nats.url, reconnect: false })).rejects.toThrow(/Authorization/i);
});

it('provisioning again changes nothing and takes nothing away', async () => {
  const operator = await connect({ servers: nats.url, authenticator: nkeyAuthenticator(new TextEncoder().encode(nats.operatorSeed)) });
  connections.push(operator);
  const manager = await jetstreamManager(operator);
  const picture = async () => {
    const streams = await manager.streams.list().next();
    const consumers = await Promise.all(streams.map(({ config }) => manager.consumers.list(config.name).next()));
    return JSON.stringify([streams.map(({ config }) => config), consumers.flat().map(({ config }) => config)]);
  };
  const { provision } = await import('../src/provision.js');
  const before = await picture();
  const done = await provision({ url: nats.url, nkeySeed: nats.operatorSeed });
  expect(done.streams).toContain('dead-letters');
  expect(done.consumers).toHaveLength(EVENTS.flatMap(({ hearers }) => hearers).length);
  expect(await picture()).toBe(before);
  await waitFor(
    async () =>
      (await manager.consumers.info(streamOf('parser'), done.consumers.find((name) => name.includes('page_read')) ?? '')).num_pending === 1,
    { what: 'the events published above to be in the stream' },
  );
});
