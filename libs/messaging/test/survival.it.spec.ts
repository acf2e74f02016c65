/** What happens to events when a process or the server dies. Everything here is a real process, killed for real. */
import { EventId, OrderId, type Payload, pageRead, RunId } from '@enishi/contracts';
import { type FreshNats, freshNats, waitFor } from '@enishi/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, nanos, nkeyAuthenticator } from '@nats-io/transport-node';
import { type Bus, connectBus } from '../src/bus.js';
import { durableOf, streamOf } from '../src/names.js';
import { type HearerDatabase, hearerDatabase } from './hearer.database.js';
import { killHearers, startHearer } from './hearer.process.js';
import { keptLog } from './parts.js';

const STREAM = streamOf('parser');
const DURABLE = durableOf('command-dispatcher', pageRead);

let nats: FreshNats;
let database: HearerDatabase;
let parser: Bus;

const payload = (): Payload<typeof pageRead> => ({
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
const publish = async (bus: Bus = parser) => {
  const id = EventId.generate();
  await bus.publish({ id, subject: pageRead.subject, payload: payload() });
  return id;
};

const isAway = () =>
  parser.check().then(
    () => false,
    () => true,
  );
const isBack = () => parser.check().then(() => true);

/** What the operator sees of the durable. */
async function consumer() {
  const nc = await connect({ servers: nats.url, authenticator: nkeyAuthenticator(new TextEncoder().encode(nats.operatorSeed)) });
  try {
    return await (await jetstreamManager(nc)).consumers.info(STREAM, DURABLE);
  } finally {
    await nc.close();
  }
}
/** Nothing waits and nothing is open. */
const allDone = () =>
  waitFor(
    async () => {
      const { num_pending, num_ack_pending } = await consumer();
      return num_pending === 0 && num_ack_pending === 0;
    },
    { timeoutMs: 15_000, what: 'all events to be acknowledged' },
  );

beforeAll(async () => {
  nats = await freshNats();
  database = await hearerDatabase();
  parser = await connectBus({ service: 'parser', url: nats.url, nkeySeed: nats.seed('parser'), log: keptLog('parser').log });
  // A dead hearer is noticed after ackWait; the contract's 30 s would make this test wait for that long.
  const nc = await connect({ servers: nats.url, authenticator: nkeyAuthenticator(new TextEncoder().encode(nats.operatorSeed)) });
  await (await jetstreamManager(nc)).consumers.update(STREAM, DURABLE, { ack_wait: nanos(1_500) });
  await nc.close();
});
afterEach(() => killHearers());
afterAll(async () => {
  await parser.drain();
  await database.stop();
  await nats.stop();
});

describe('an event', () => {
  it('whose hearer is killed with -9 in the middle is delivered again to another, and handled once in effect', async () => {
    const first = await startHearer(nats, database.url, 'first', 'before-commit');
    const id = await publish();
    await first.saw(new RegExp(`handling ${id}`));
    expect(await first.signal('SIGKILL')).toMatchObject({ signal: 'SIGKILL' });
    const second = await startHearer(nats, database.url, 'second', 'never');
    await second.saw(new RegExp(`committed ${id}`));
    await allDone();
    expect(await database.effects(id)).toEqual(['second']);
  });

  it('whose hearer is killed with -9 between commit and acknowledgement is delivered again, and known', async () => {
    const first = await startHearer(nats, database.url, 'first', 'after-commit');
    const id = await publish();
    await first.saw(new RegExp(`committed ${id}`));
    await first.signal('SIGKILL');
    const second = await startHearer(nats, database.url, 'second', 'never');
    await second.saw(new RegExp(`known ${id}`));
    await allDone();
    expect(await database.effects(id)).toEqual(['first']);
    expect(second.lines.some((line) => line.startsWith('handling'))).toBe(false);
  });

  it('that is handled at SIGTERM is finished, and those that wait go to another process at once', async () => {
    const first = await startHearer(nats, database.url, 'first', 'slow');
    const ids = await Promise.all(Array.from({ length: 30 }, () => publish()));
    await first.saw(/^handling/);
    const begunAt = performance.now();
    const end = await first.signal('SIGTERM');
    expect(end).toEqual({ code: 0, signal: null });
    expect(performance.now() - begunAt).toBeLessThan(10_000);
    const handled = first.lines.filter((line) => line.startsWith('handling')).map((line) => line.split(' ')[1] as string);
    for (const id of handled) expect(await database.effects(id)).toEqual(['first']);
    expect(handled.length).toBeLessThan(30);
    await startHearer(nats, database.url, 'second', 'never');
    await allDone();
    for (const id of ids) expect(await database.effects(id)).toHaveLength(1);
  });
});

describe('nats-server killed with -9 and started again on its store', () => {
  it('still has the events that were pending', async () => {
    const pending = await Promise.all(Array.from({ length: 20 }, () => publish()));
    await nats.kill();
    await waitFor(isAway, { what: 'the client to notice' });
    await nats.restart();
    await startHearer(nats, database.url, 'late', 'never');
    await allDone();
    for (const id of pending) expect(await database.effects(id)).toEqual(['late']);
  });

  it('finds its clients again: those who publish, and those who hear', async () => {
    const hearer = await startHearer(nats, database.url, 'survivor', 'never');
    await nats.kill();
    await waitFor(isAway, { what: 'the client to notice' });
    // While it is away a publish fails, so that the row stays in the outbox.
    await expect(publish()).rejects.toMatchObject({ code: 'platform.not_available' });
    await nats.restart();
    await waitFor(isBack, { timeoutMs: 20_000, what: 'the client to be back' });
    const after = await publish();
    await hearer.saw(new RegExp(`committed ${after}`));
    await allDone();
    expect(await database.effects(after)).toEqual(['survivor']);
  });

  it('is found again after many more tries than the client makes by default', async () => {
    await nats.kill();
    await waitFor(isAway, { what: 'the client to notice' });
    // 10 tries at 250 ms is where the client gives up unless it is told otherwise.
    const tried = performance.now() + 4_000;
    await waitFor(() => performance.now() > tried, { everyMs: 200 });
    expect(parser.nc.isClosed()).toBe(false);
    await nats.restart();
    await waitFor(isBack, { timeoutMs: 20_000, what: 'the client to be back' });
  });
});
