import { acceptResult, EventId, type In, OrderId, type Out, type Payload, pageRead, RunId, runEnded, TerminalId } from '@enishi/contracts';
import { OutboxPublisher, type SqlClient, writeOutbox } from '@enishi/database';
import { failure, platformError } from '@enishi/errors';
import { exposition, startTelemetry } from '@enishi/telemetry';
import { type FreshNats, freshNats, waitFor } from '@enishi/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection, nanos, nkeyAuthenticator } from '@nats-io/transport-node';
import { Controller, Inject } from '@nestjs/common';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { Bus, connectBus } from '../src/bus.js';
import { DeadLetters } from '../src/dead-letters.js';
import { Answers, Hears } from '../src/decorators.js';
import { MAX_ACK_PENDING } from '../src/limits.js';
import { durableOf, streamOf } from '../src/names.js';
import { HEADER, headersOf } from '../src/wire.js';
import { type HearerDatabase, hearerDatabase } from './hearer.database.js';
import { failureOf, keptLog, type Started, startService } from './parts.js';

type Page = Payload<typeof pageRead>;
/** The contract, with a life that a test can wait for. */
const hasty = { ...pageRead, maxDeliver: 2, ackWaitMs: 1_000 };
const DURABLE = durableOf('command-dispatcher', pageRead);

let behave: (page: Page, tx: SqlClient, tries: number) => void | Promise<void>;
let tries: number;

@Controller()
class DispatcherController {
  @Hears(hasty)
  async read(page: Page, tx: SqlClient): Promise<void> {
    tries += 1;
    await tx.$executeRawUnsafe('INSERT INTO effects (event_id, done_by) VALUES ($1, $2)', page.orderId, 'dispatcher');
    await behave(page, tx, tries);
  }
}

const spans = new InMemorySpanExporter();
let nats: FreshNats;
let database: HearerDatabase;
let operator: NatsConnection;
let manager: JetStreamManager;
let letters: DeadLetters;
let parser: Bus;
let dispatcher: Started;

const page = (): Page => ({
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
async function publish(payload: unknown = page()): Promise<{ id: string; orderId: string }> {
  const id = EventId.generate();
  await parser.publish({ id, subject: pageRead.subject, payload });
  return { id, orderId: (payload as Page).orderId };
}
const allDone = () =>
  waitFor(
    async () => {
      const { num_pending, num_ack_pending } = await manager.consumers.info(streamOf('parser'), DURABLE);
      return num_pending === 0 && num_ack_pending === 0;
    },
    { timeoutMs: 15_000, what: 'all events to be acknowledged' },
  );

/** Events that wait, as the metrics say it. */
const waiting = async () => /^enishi_event_pending_messages\{subject="parser\.page\.read\.v1"\} (\d+)$/m.exec(await exposition())?.[1];

beforeAll(async () => {
  startTelemetry({ serviceName: 'test', spanProcessors: [new SimpleSpanProcessor({ exporter: spans } as never)] });
  nats = await freshNats();
  database = await hearerDatabase();
  operator = await connect({ servers: nats.url, authenticator: nkeyAuthenticator(new TextEncoder().encode(nats.operatorSeed)) });
  manager = await jetstreamManager(operator);
  await manager.consumers.update(streamOf('parser'), DURABLE, { ack_wait: nanos(hasty.ackWaitMs) });
  letters = await DeadLetters.connect({ url: nats.url, nkeySeed: nats.operatorSeed });
  parser = await connectBus({ service: 'parser', url: nats.url, nkeySeed: nats.seed('parser'), log: keptLog('parser').log });
});
beforeEach(async () => {
  tries = 0;
  behave = () => undefined;
  dispatcher = await startService(nats, 'command-dispatcher', [DispatcherController], { handles: [hasty], inbox: database.inbox });
});
afterEach(async () => {
  await allDone();
  await dispatcher.stop();
  for (const { seq } of await letters.list()) await letters.discard(seq);
});
afterAll(async () => {
  await letters.close();
  await parser.drain();
  await operator.close();
  await database.stop();
  await nats.stop();
});

describe('an event', () => {
  it('is heard by a Nest handler inside the inbox transaction', async () => {
    const { orderId } = await publish();
    await allDone();
    expect(await database.effects(orderId)).toEqual(['dispatcher']);
    expect(tries).toBe(1);
  });

  it('published twice under one id is handled once, also after the stream has forgotten the first', async () => {
    const payload = page();
    const row = { id: EventId.generate(), subject: pageRead.subject, payload };
    await parser.publish(row);
    await parser.publish(row);
    // What the duplicate window of the stream no longer drops, the inbox does.
    await parser.js.publish(pageRead.subject, JSON.stringify(payload), {
      msgID: 'another',
      headers: headersOf({ [HEADER.eventId]: row.id }),
    });
    await allDone();
    expect(await database.effects(payload.orderId)).toEqual(['dispatcher']);
    expect(tries).toBe(1);
  });

  it('replayed for another service is let pass', async () => {
    const payload = page();
    await parser.js.publish(pageRead.subject, JSON.stringify(payload), {
      headers: headersOf({ [HEADER.eventId]: EventId.generate(), [HEADER.onlyFor]: 'parser' }),
    });
    await allDone();
    expect(tries).toBe(0);
    expect(await database.effects(payload.orderId)).toEqual([]);
  });

  it('whose handler is slow is not delivered again while the process lives', async () => {
    behave = () => new Promise((resolve) => setTimeout(resolve, 2.5 * hasty.ackWaitMs));
    const { orderId } = await publish();
    await allDone();
    expect(tries).toBe(1);
    expect(await database.effects(orderId)).toEqual(['dispatcher']);
  });

  it('whose handler is busy is tried again, and its rollback left nothing behind', async () => {
    behave = (_, __, n) => {
      if (n < 4) throw platformError('not_available', 'Not now.');
    };
    const { orderId } = await publish();
    await allDone();
    expect(tries).toBe(4);
    expect(await database.effects(orderId)).toEqual(['dispatcher']);
    expect(await letters.list()).toEqual([]);
  });

  it('whose handler breaks once is delivered again', async () => {
    behave = (_, __, n) => {
      if (n === 1) throw new Error('once');
    };
    const { orderId } = await publish();
    await allDone();
    expect(tries).toBe(2);
    expect(await database.effects(orderId)).toEqual(['dispatcher']);
    expect(await exposition()).toMatch(/enishi_event_redeliveries_total\{subject="parser\.page\.read\.v1"\} [1-9]/);
  });

  it('that waits behind what is handled is counted', async () => {
    await dispatcher.stop();
    // As many as are handed out before one is acknowledged, and three more.
    for (let n = 0; n < MAX_ACK_PENDING + 3; n++) await publish();
    let goOn = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    behave = () => held;
    dispatcher = await startService(nats, 'command-dispatcher', [DispatcherController], { handles: [hasty], inbox: database.inbox });
    await waitFor(async () => (await waiting()) === '3', { what: 'three to wait' });
    goOn();
    await allDone();
    expect(await waiting()).toBe('0');
  });

  it('that came or went while this process was sent nothing is counted too', async () => {
    await dispatcher.stop();
    for (let n = 0; n < MAX_ACK_PENDING + 3; n++) await publish();
    let goOn = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    behave = () => held;
    dispatcher = await startService(nats, 'command-dispatcher', [DispatcherController], { handles: [hasty], inbox: database.inbox });
    await waitFor(async () => (await waiting()) === '3', { what: 'three to wait' });
    // As many are open as may be, so the server sends no more of them.
    for (let n = 0; n < 2; n++) await publish();
    await waitFor(async () => (await waiting()) === '5', { timeoutMs: 15_000, what: 'five to wait' });
    const { state } = await manager.streams.info(streamOf('parser'));
    for (let n = 0; n < 5; n++) await manager.streams.deleteMessage(streamOf('parser'), state.last_seq - n);
    await waitFor(async () => (await waiting()) === '0', { timeoutMs: 15_000, what: 'none to wait' });
    goOn();
    await allDone();
    expect(tries).toBe(MAX_ACK_PENDING);
  });

  it('that comes while the database is away waits for it, and loses none of its deliveries', async () => {
    await dispatcher.stop();
    let away = 3;
    dispatcher = await startService(nats, 'command-dispatcher', [DispatcherController], {
      handles: [hasty],
      inbox: {
        once: (...given) => {
          if (away-- > 0) throw platformError('not_available', 'The database is away.');
          return database.inbox.once(...given);
        },
      },
    });
    const { orderId } = await publish();
    await allDone();
    expect(await database.effects(orderId)).toEqual(['dispatcher']);
    expect(tries).toBe(1);
    expect(await letters.list()).toEqual([]);
  });

  it('that is busy is told by how long it waits, until it is done', async () => {
    const busy = async () => Number(/^enishi_event_busy_seconds\{subject="parser\.page\.read\.v1"\} (\S+)$/m.exec(await exposition())?.[1]);
    let away = true;
    behave = () => {
      if (away) throw platformError('not_available', 'Not now.');
    };
    await publish();
    expect(await waitFor(async () => (await busy()) > 0.4, { what: 'the wait to be told' })).toBe(true);
    away = false;
    await allDone();
    await waitFor(async () => (await busy()) === 0, { what: 'no wait to be told' });
  });
});

describe('a dead letter', () => {
  const parked = () => waitFor(async () => (await letters.list()).at(0), { timeoutMs: 15_000, what: 'the dead letter' });

  it('is what a poison message becomes at once, and its place is told without its value', async () => {
    const { id } = await publish({ ...page(), rows: 'many' });
    expect(await parked()).toMatchObject({
      service: 'command-dispatcher',
      subject: pageRead.subject,
      eventId: id,
      code: 'platform.input_not_valid',
      message: expect.stringContaining('payload.rows'),
      deliveries: 1,
    });
    expect(JSON.stringify(await letters.list())).not.toContain('many');
    expect(tries).toBe(0);
    await allDone();
  });

  it('is what an event becomes whose bytes are not JSON, or that has no id', async () => {
    await parser.js.publish(pageRead.subject, '{');
    await waitFor(async () => (await letters.list()).length === 1);
    await parser.js.publish(pageRead.subject, JSON.stringify(page()));
    const both = await waitFor(async () => {
      const list = await letters.list();
      return list.length === 2 ? list : undefined;
    });
    expect(both.map(({ code }) => code)).toEqual(['platform.input_not_valid', 'platform.input_not_valid']);
    expect(tries).toBe(0);
  });

  it.each([
    ['conflict', () => failure(acceptResult, 'order_not_open', 'Closed.'), 'parser.order_not_open'],
    ['invalid', () => platformError('input_not_valid', 'Wrong.'), 'platform.input_not_valid'],
    ['denied', () => platformError('scope_missing', 'No.'), 'platform.scope_missing'],
    ['missing', () => platformError('not_found', 'Gone.'), 'platform.not_found'],
  ])('is what an event becomes at once when its handler says %s', async (_, error, code) => {
    behave = () => {
      throw error();
    };
    const { orderId } = await publish();
    expect(await parked()).toMatchObject({ code, deliveries: 1 });
    expect(tries).toBe(1);
    expect(await database.effects(orderId)).toEqual([]);
  });

  it('is what an event becomes that breaks its handler each time, with the message withheld', async () => {
    behave = () => {
      throw new Error('balance of 1234567');
    };
    const { orderId } = await publish();
    expect(await parked()).toMatchObject({ code: 'platform.broken', deliveries: hasty.maxDeliver });
    expect(tries).toBe(hasty.maxDeliver);
    expect(JSON.stringify(await letters.list())).not.toContain('1234567');
    expect(dispatcher.lines.filter(({ err }) => err?.message === 'balance of 1234567')).toHaveLength(hasty.maxDeliver);
    expect(await database.effects(orderId)).toEqual([]);
    expect(await exposition()).toMatch(/enishi_dead_letters_total\{subject="parser\.page\.read\.v1",code="platform\.broken"\} [1-9]/);
  });

  it('is what an event becomes that the inbox cannot take: at once when it is refused, else after the last delivery', async () => {
    await dispatcher.stop();
    let thrown: Error = platformError('value_not_storable', 'A value cannot be stored.');
    const inbox = { once: () => Promise.reject(thrown) };
    dispatcher = await startService(nats, 'command-dispatcher', [DispatcherController], { handles: [hasty], inbox });
    await publish();
    const letter = await parked();
    expect(letter).toMatchObject({ code: 'platform.value_not_storable', deliveries: 1 });
    await letters.discard(letter.seq);
    thrown = new Error('permission denied for table inbox');
    await publish();
    expect(await parked()).toMatchObject({ code: 'platform.broken', deliveries: hasty.maxDeliver });
  });

  it('is what an event becomes whose id is none, before anything is stored under it', async () => {
    const headers = headersOf({ [HEADER.eventId]: 'evt_1\u0000' });
    await parser.js.publish(pageRead.subject, JSON.stringify(page()), { headers });
    expect(await parked()).toMatchObject({ code: 'platform.input_not_valid', eventId: null, deliveries: 1 });
    expect(tries).toBe(0);
  });

  it('shows its payload to the operator, and is handled when it is replayed after the cause is mended', async () => {
    behave = () => {
      throw platformError('not_found', 'Gone.');
    };
    const { id, orderId } = await publish();
    const letter = await parked();
    expect(JSON.parse((await letters.show(letter.seq)).payload)).toMatchObject({ orderId });
    behave = () => undefined;
    expect(await letters.replay(letter.seq)).toMatchObject({ eventId: id });
    await allDone();
    expect(await database.effects(orderId)).toEqual(['dispatcher']);
    expect(await letters.list()).toEqual([]);
    expect(await failureOf(letters.replay(letter.seq))).toMatchObject({ code: 'platform.not_found' });
  });

  it.each([
    '$JS.API.STREAM.DELETE.events-terminal-relay',
    'terminal-relay.terminal.attached.v1',
    'parser.page.read.v1',
    'command-dispatcher.run.ended.v2',
  ])('that a service has written for %s, which it does not hear, is not sent by the operator', async (subject) => {
    await parser.js.publish(`dead-letter.parser.${subject}`, '{}');
    const letter = await parked();
    expect(await failureOf(letters.replay(letter.seq))).toMatchObject({ code: 'platform.input_not_valid' });
    expect((await letters.list()).map(({ seq }) => seq)).toEqual([letter.seq]);
    await expect(manager.streams.info('events-terminal-relay')).resolves.toBeDefined();
  });

  it('is kept also when another has used its number for a message id before', async () => {
    const { state } = await manager.streams.info(streamOf('parser'));
    for (let ahead = 1; ahead <= 3; ahead++)
      await parser.js.publish('dead-letter.parser.x', '{}', { msgID: `${DURABLE}:${state.last_seq + ahead}` });
    await publish({ ...page(), rows: 'many' });
    expect(await waitFor(async () => (await letters.list('command-dispatcher'))[0])).toMatchObject({ subject: pageRead.subject });
  });

  it('can be parked again after a replay that did not help', async () => {
    behave = () => {
      throw platformError('not_found', 'Still gone.');
    };
    await publish();
    const first = await parked();
    await letters.replay(first.seq);
    const second = await waitFor(async () => (await letters.list()).find(({ seq }) => seq !== first.seq));
    expect(second).toMatchObject({ eventId: first.eventId, code: 'platform.not_found' });
  });

  it('is listed by service, discarded for good, and 404 by its number afterwards', async () => {
    await publish({ ...page(), rows: 'many' });
    const { seq } = await parked();
    expect(await letters.list('command-dispatcher')).toHaveLength(1);
    expect(await letters.list('parser')).toEqual([]);
    await letters.discard(seq);
    expect(await letters.list()).toEqual([]);
    for (const gone of [letters.show(seq), letters.discard(seq)])
      expect(await failureOf(gone)).toMatchObject({ code: 'platform.not_found' });
  });
});

describe('emit', () => {
  it('writes only in its transaction, only what fits, and only what the service owns', async () => {
    parser.useOutbox({ write: writeOutbox, poke: () => undefined });
    const row = () => database.sql.$queryRawUnsafe<unknown[]>('SELECT id FROM outbox');
    await expect(
      database.sql.$transaction(async (tx) => {
        await parser.emit(tx, pageRead, page());
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    expect(await row()).toEqual([]);
    expect(await failureOf(parser.emit(database.sql, pageRead, { ...page(), rows: -1 }))).toMatchObject({ place: 'payload.rows' });
    await expect(parser.emit(database.sql, runEnded, {} as never)).rejects.toThrow('does not own');
    expect(await row()).toEqual([]);
  });

  it('A4 request, outbox, event and hearer are one trace, and the event comes promptly', async () => {
    @Controller()
    class ParserController {
      constructor(@Inject('BUS') private readonly bus: Bus) {}
      @Answers(acceptResult)
      async accept({ orderId }: In<typeof acceptResult>): Promise<Out<typeof acceptResult>> {
        await database.sql.$transaction((tx) => this.bus.emit(tx, pageRead, { ...page(), orderId }).then(() => undefined));
        return { stored: true };
      }
    }
    const answering = await startService(nats, 'parser', [ParserController], { handles: [acceptResult] });
    // So slow a poll that only the poke after the handler can make it prompt.
    const outbox = new OutboxPublisher({ sql: database.sql, publish: (row) => answering.bus.publish(row), pollMs: 60_000 });
    outbox.start();
    answering.bus.useOutbox({ write: writeOutbox, poke: () => outbox.poke() });
    const relay = await connectBus({
      service: 'terminal-relay',
      url: nats.url,
      nkeySeed: nats.seed('terminal-relay'),
      log: keptLog('r').log,
    });
    spans.reset();
    const orderId = OrderId.generate();
    await relay.request(acceptResult, { orderId, terminalId: TerminalId.generate(), jwe: 'e.e.e.e.e' });
    await waitFor(async () => (await database.effects(orderId)).length === 1, { timeoutMs: 5_000, what: 'the event to be handled' });
    await waitFor(() => spans.getFinishedSpans().some(({ name }) => name.startsWith('process')));
    const made = spans.getFinishedSpans().map((span) => ({
      name: span.name,
      trace: span.spanContext().traceId,
      id: span.spanContext().spanId,
      parent: span.parentSpanContext?.spanId,
      kind: span.kind,
    }));
    const named = (name: string) => made.find((span) => span.name === name);
    const [request, answer, publishing, process] = [
      named('request parser.result.accept.v1'),
      named('answer parser.result.accept.v1'),
      named('publish parser.page.read.v1'),
      named('process parser.page.read.v1'),
    ];
    expect(new Set(made.map(({ trace }) => trace)).size).toBe(1);
    expect([request?.kind, answer?.kind, publishing?.kind, process?.kind]).toEqual([2, 1, 3, 4]);
    expect([answer?.parent, publishing?.parent, process?.parent]).toEqual([request?.id, answer?.id, publishing?.id]);
    await relay.drain();
    await outbox.stop();
    await answering.stop();
  });
});
