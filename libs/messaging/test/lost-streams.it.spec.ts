/** Streams that are lost or missing, and the outbox that tells again: real Postgres, real nats-server, real hearers. */
import { ConnectionId, connectionErased, EventId, OrderId, pageRead, RunId, runEnded } from '@enishi/contracts';
import { OutboxPublisher, republish, writeOutbox } from '@enishi/database';
import { exposition } from '@enishi/telemetry';
import { type FreshNats, freshNats, waitFor } from '@enishi/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';
import { type Bus, connectBus } from '../src/bus.js';
import { durableOf, streamOf } from '../src/names.js';
import { provision } from '../src/provision.js';
import { type HearerDatabase, hearerDatabase } from './hearer.database.js';
import { killHearers, startHearer } from './hearer.process.js';
import { keptLog } from './parts.js';

let nats: FreshNats;
let database: HearerDatabase;
const buses: Bus[] = [];
const publishers: OutboxPublisher[] = [];

beforeAll(async () => {
  nats = await freshNats();
  database = await hearerDatabase();
});
afterEach(async () => {
  killHearers();
  await Promise.all(publishers.splice(0).map((publisher) => publisher.stop()));
  await Promise.all(buses.splice(0).map((bus) => bus.drain()));
  await database.sql.$executeRawUnsafe('DELETE FROM outbox');
});
afterAll(async () => {
  await database.stop();
  await nats.stop();
});

/** A service's outbox on the bus, as every service has it. */
async function outboxOf(service: 'parser' | 'command-dispatcher') {
  const { log, lines } = keptLog(service);
  const bus = await connectBus({ service, url: nats.url, nkeySeed: nats.seed(service), log });
  const publisher = new OutboxPublisher({ sql: database.sql, log, publish: (row) => bus.publish(row), pollMs: 100 });
  buses.push(bus);
  publishers.push(publisher);
  publisher.start();
  return { lines };
}

async function tell(subject: string, payload: unknown): Promise<string> {
  const id = EventId.generate();
  await writeOutbox(database.sql, { id, subject, payload });
  return id;
}
const tellPageRead = () =>
  tell(pageRead.subject, {
    orderId: OrderId.generate(),
    runId: RunId.generate(),
    page: 'accounts',
    verdict: 'not_a_statement',
    facts: {},
    lists: {},
    cause: null,
    detail: null,
    fingerprint: 'x',
    rows: 0,
    credentialVersion: null,
  });
const published = async (id: string) =>
  (await database.sql.$queryRawUnsafe<unknown[]>('SELECT 1 FROM outbox WHERE id = $1 AND published_at IS NOT NULL', id)).length === 1;
const allPublished = (ids: string[]) =>
  waitFor(async () => (await Promise.all(ids.map(published))).every(Boolean), { timeoutMs: 20_000, what: 'the events to be published' });
const provisioned = () => provision({ url: nats.url, nkeySeed: nats.operatorSeed });

describe('nats-server that lost its disk', () => {
  it('after provision and republish, each hearer gets what was lost, and what it had heard takes no second effect', async () => {
    await outboxOf('parser');
    const first = await startHearer(nats, database.url, 'first', 'never');
    const heard = [await tellPageRead(), await tellPageRead()];
    for (const id of heard) await first.saw(new RegExp(`committed ${id}`));
    await first.signal('SIGTERM');
    const lost = [await tellPageRead(), await tellPageRead(), await tellPageRead()];
    await allPublished(lost);

    await nats.loseDisk();
    await provisioned();
    const second = await startHearer(nats, database.url, 'second', 'never');
    const after = await tellPageRead();
    await second.saw(new RegExp(`committed ${after}`));
    for (const id of lost) expect(await database.effects(id)).toEqual([]);

    expect(await republish(database.sql)).toBe(6);
    for (const id of lost) await second.saw(new RegExp(`committed ${id}`));
    for (const id of heard) await second.saw(new RegExp(`known ${id}`));
    for (const id of lost) expect(await database.effects(id)).toEqual(['second']);
    for (const id of heard) expect(await database.effects(id)).toEqual(['first']);
  });

  it('a hearer that was running all the time hears again without a restart', async () => {
    await outboxOf('parser');
    const hearer = await startHearer(nats, database.url, 'steady', 'never');
    await nats.loseDisk();
    await provisioned();
    const id = await tellPageRead();
    // It finds its consumer again by missed heartbeats (10 s), or when its pull runs out (30 s).
    await waitFor(async () => (await database.effects(id)).length === 1, { timeoutMs: 50_000, what: 'the hearer to hear again' });
    expect(hearer.lines).toContain(`committed ${id}`);
  });
});

describe('readiness', () => {
  const gaugeOf = async (resource: string) =>
    new RegExp(`enishi_event_resource_missing\\{resource="${resource}"\\} (\\d)`).exec(await exposition())?.[1];
  const parserDurable = `${streamOf('parser')}.${durableOf('command-dispatcher', pageRead)}`;

  it.each([
    ['its stream', 'parser', streamOf('parser')],
    ['a durable by which it hears', 'command-dispatcher', parserDurable],
    ['a subject in its stream', 'parser', streamOf('parser')],
  ] as const)('tells of %s that is gone, by name, as gauge and log do; and of its return', async (what, service, resource) => {
    const { log, lines } = keptLog(service);
    const bus = await connectBus({ service, url: nats.url, nkeySeed: nats.seed(service), log });
    buses.push(bus);
    await expect(bus.checkStreams()).resolves.toBeUndefined();
    expect(await gaugeOf(resource)).toBe('0');

    const operator = await connect({ servers: nats.url, authenticator: nkeyAuthenticator(new TextEncoder().encode(nats.operatorSeed)) });
    const manager = await jetstreamManager(operator);
    if (what === 'its stream') await manager.streams.delete(resource);
    else if (what === 'a subject in its stream') await manager.streams.update(resource, { subjects: ['parser.another.v1'] });
    else await manager.consumers.delete(streamOf('parser'), durableOf('command-dispatcher', pageRead));
    await operator.close();
    // Nobody asks: the look of every five seconds finds it.
    await waitFor(() => lines.some(({ resource: name }) => name === resource), { timeoutMs: 10_000, what: 'the log to tell' });
    await expect(bus.checkStreams()).rejects.toMatchObject({ code: 'platform.not_available', message: expect.stringContaining(resource) });
    expect(await gaugeOf(resource)).toBe('1');

    await provisioned();
    await expect(bus.checkStreams()).resolves.toBeUndefined();
    expect(await gaugeOf(resource)).toBe('0');
    expect(lines.filter(({ resource: name }) => name === resource).map(({ level }) => level)).toEqual(['error', 'info']);
  });
});

it('readiness goes on as before while JetStream does not answer: who keeps it busy takes no door away', async () => {
  const { log, lines } = keptLog('parser');
  const bus = await connectBus({ service: 'parser', url: nats.url, nkeySeed: nats.seed('parser'), log });
  buses.push(bus);
  await bus.checkStreams();
  const request = bus.nc.request.bind(bus.nc);
  bus.nc.request = () => Promise.reject(new Error('timeout'));
  await expect(bus.checkStreams()).resolves.toBeUndefined();
  expect(lines.map(({ msg }) => msg)).toContain('JetStream does not answer in time');
  bus.nc.request = request;
});

describe('an outbox', () => {
  it('a subject without a stream holds up no other, is told of once, and leaves when the stream is there', async () => {
    const nc = await connect({ servers: nats.url, authenticator: nkeyAuthenticator(new TextEncoder().encode(nats.operatorSeed)) });
    const { streams } = await jetstreamManager(nc);
    await streams.update(streamOf('command-dispatcher'), { subjects: [runEnded.subject] });
    const waiting: string[] = [];
    for (let count = 0; count < 60; count++) waiting.push(await tell(connectionErased.subject, { connectionId: ConnectionId.generate() }));
    const { lines } = await outboxOf('command-dispatcher');
    const other = await tell(runEnded.subject, { runId: RunId.generate() });
    await allPublished([other]);
    expect(await Promise.all(waiting.map(published))).not.toContain(true);

    await provisioned();
    await nc.close();
    await allPublished(waiting);
    const told = lines.filter(({ subject }) => subject === connectionErased.subject);
    expect(told.map(({ msg }) => msg)).toEqual(['events cannot be published; they wait in the outbox', 'events are published again']);
  });
});
