import { type EventContract, EventId } from '@enishi/contracts';
import { type AppError, asAppError, platformError } from '@enishi/errors';
import { type Logger, withSpan } from '@enishi/telemetry';
import type { Consumer, ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import type { Bus } from './bus.js';
import { InFlight } from './in-flight.js';
import { busyDelayMs, MAX_EVENTS_AT_ONCE, retryDelayMs } from './limits.js';
import { deadLettersParked, eventBusy, eventPending, eventRedeliveries, eventSeconds } from './measures.js';
import { deadLetterSubject, durableOf, streamOf } from './names.js';
import { decodeBody, HEADER, headersOf } from './wire.js';

/** What the service does to hear an event once in effect. */
// oxlint-disable-next-line typescript/no-explicit-any -- the transaction is of the service's own generated client
export interface Inbox<Tx = any> {
  /**
   * Opens a transaction, writes the row (event, consumer) and runs `handle` in it; commits both or neither.
   * When the row is there already it runs nothing. Resolves with whether it ran. Throws platform.not_available while the
   * database is away: such a message waits. Whatever else it throws counts as the message's own fault.
   */
  once(event: { id: string; subject: string }, consumer: string, handle: (tx: Tx) => Promise<void>): Promise<boolean>;
}

type Outcome = 'done' | 'duplicate' | 'not_for_us' | 'returned' | 'retried' | 'parked';

/**
 * One service's hearing of one event. A message is acknowledged only when its transaction is committed: a process that
 * dies before that gets it again, one that dies between commit and acknowledgement too, and then the inbox knows it.
 */
export class Hearing {
  readonly #inFlight = new InFlight();
  readonly #waiting: (() => void)[] = [];
  readonly #stopping = new AbortController();
  readonly #consumer: string;
  #messages: ConsumerMessages | undefined;
  #busySlots = 0;
  /** Since when each event waits whose handler is busy, by its number in the stream. */
  readonly #busySince = new Map<number, number>();

  constructor(
    private readonly bus: Bus,
    private readonly contract: EventContract,
    private readonly inbox: Inbox,
    private readonly handler: (payload: unknown, tx: unknown) => Promise<unknown>,
    private readonly log: Logger,
  ) {
    this.#consumer = durableOf(bus.service, contract);
  }

  /** Throws when the durable is not there: provisioning comes before services. */
  async start(): Promise<void> {
    const consumer = await this.bus.js.consumers.get(streamOf(this.contract.owner), this.#consumer);
    this.#messages = await consumer.consume({
      max_messages: MAX_EVENTS_AT_ONCE,
      expires: 30_000,
      idle_heartbeat: 5_000,
      callback: (message) => {
        void this.#inFlight.add(() => this.#hear(message));
      },
    });
    this.#countBusy();
    void this.#countWhenQuiet(consumer, this.#messages);
  }

  /**
   * The server says how many wait with each message. While it sends none, that number grows old: other replicas may have
   * taken them, or hold all that may be open while more come. So we ask at each heartbeat, which only a quiet pull has.
   * No zero is supposed. Ends when the messages do.
   */
  async #countWhenQuiet(consumer: Consumer, messages: ConsumerMessages): Promise<void> {
    for await (const { type } of messages.status()) {
      if (type !== 'heartbeat') continue;
      try {
        const { num_pending } = await consumer.info();
        eventPending.set({ subject: this.contract.subject }, num_pending);
      } catch {
        // The bus is away, which is told elsewhere; the next heartbeat asks again.
      }
    }
  }

  /** Takes no more messages, gives back those that wait, and lets handlers end; within 7 s. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#messages?.close();
    for (const go of this.#waiting.splice(0)) go();
    const left = await this.#inFlight.settled(this.bus.drainTimeLeftMs());
    if (left > 0) this.log.warn({ subject: this.contract.subject, left }, 'closing while events are handled; they will be delivered again');
  }

  async #hear(message: JsMsg): Promise<void> {
    const startedAt = performance.now();
    const { subject, ackWaitMs } = this.contract;
    // As the server counted when it sent this one: of all replicas together, for they share the durable.
    eventPending.set({ subject }, message.info.pending);
    if (message.redelivered) eventRedeliveries.add({ subject });
    // The server delivers again after ackWait; as long as this process lives and has the message, it shall not.
    const alive = setInterval(() => message.working(), Math.floor(ackWaitMs / 2));
    let outcome: Outcome;
    try {
      await this.#slot();
      outcome = await this.#handle(message);
    } catch (cause) {
      // Not even the dead letter could be written: the server delivers again.
      this.log.error({ subject, err: cause }, 'an event could be neither handled nor parked');
      message.nak(retryDelayMs(message.info.deliveryCount));
      outcome = 'retried';
    } finally {
      clearInterval(alive);
      this.#release();
      this.#busySince.delete(message.info.streamSequence);
      this.#countBusy();
    }
    eventSeconds.observe({ subject, outcome }, (performance.now() - startedAt) / 1_000);
  }

  async #handle(message: JsMsg): Promise<Outcome> {
    const { subject, maxDeliver } = this.contract;
    const onlyFor = message.headers?.get(HEADER.onlyFor);
    if (onlyFor && onlyFor !== this.bus.service) {
      message.ack();
      return 'not_for_us';
    }
    const deliveries = message.info.deliveryCount;
    if (deliveries > maxDeliver)
      return this.#park(message, platformError('broken', `Delivered ${maxDeliver} times without an end; its handler may end the process.`));
    const { data: eventId } = EventId.safeParse(message.headers?.get(HEADER.eventId));
    if (eventId === undefined)
      return this.#park(message, platformError('input_not_valid', `The event has no ${HEADER.eventId} header that is an event id.`));
    const parent = message.headers?.get(HEADER.traceparent);
    for (let tries = 1; ; tries++) {
      if (this.#stopping.signal.aborted) {
        message.nak();
        return 'returned';
      }
      const verdict = await this.#try(message, eventId, parent);
      if (!(verdict instanceof Error)) {
        message.ack();
        return verdict;
      }
      const error = asAppError(verdict);
      if (error.kind === 'broken') {
        this.log.error({ subject, eventId, deliveries, code: error.code, err: error.cause ?? error }, 'an event broke its handler');
        if (deliveries >= maxDeliver) return this.#park(message, error);
        message.nak(retryDelayMs(deliveries));
        return 'retried';
      }
      if (error.kind !== 'busy') {
        this.log.warn({ subject, eventId, code: error.code, place: error.place }, 'an event was refused');
        return this.#park(message, error);
      }
      // Busy is no fault of the message: it stays with us, so that the wait does not use up its deliveries.
      this.log.warn({ subject, eventId, code: error.code, tries }, 'an event has to wait');
      const { streamSequence } = message.info;
      this.#busySince.set(streamSequence, this.#busySince.get(streamSequence) ?? performance.now());
      this.#countBusy();
      await this.#pause(busyDelayMs(tries));
    }
  }

  /** One run through the inbox. Gives the error rather than throwing it. */
  async #try(message: JsMsg, eventId: string, parent: string | undefined): Promise<'done' | 'duplicate' | Error> {
    const { subject } = this.contract;
    try {
      return await withSpan(
        `process ${subject}`,
        {
          kind: 'consumer',
          parent,
          attributes: {
            'messaging.system': 'nats',
            'messaging.destination.name': subject,
            'messaging.operation.name': 'process',
            'messaging.operation.type': 'process',
            'messaging.consumer.group.name': this.#consumer,
            'messaging.message.id': eventId,
            'messaging.message.body.size': message.data.length,
            'enishi.deliveries': message.info.deliveryCount,
          },
        },
        async () => {
          const payload: unknown = decodeBody(message.data, this.contract.payload, 'payload');
          const ran = await this.inbox.once({ id: eventId, subject }, this.#consumer, async (tx) => {
            await this.handler(payload, tx);
          });
          this.bus.afterHandler();
          return ran ? 'done' : 'duplicate';
        },
      );
    } catch (error) {
      return asAppError(error);
    }
  }

  /** Puts the message among the dead letters. Between that and the acknowledgement a death parks it twice under one id. */
  async #park(message: JsMsg, error: AppError): Promise<Outcome> {
    const { subject } = this.contract;
    const { streamSequence, deliveryCount } = message.info;
    const { headers } = message;
    // Without a message id: all services' letters are in one stream, and another could have used the id before.
    await this.bus.js.publish(deadLetterSubject(this.bus.service, subject), message.data, {
      headers: headersOf({
        [HEADER.eventId]: EventId.safeParse(headers?.get(HEADER.eventId)).data,
        [HEADER.traceparent]: headers?.get(HEADER.traceparent),
        [HEADER.deadCode]: error.code,
        [HEADER.deadMessage]: error.message,
        [HEADER.deliveries]: String(deliveryCount),
        [HEADER.streamSequence]: String(streamSequence),
      }),
    });
    message.ack();
    deadLettersParked.add({ subject, code: error.code });
    this.log.error({ subject, eventId: headers?.get(HEADER.eventId), code: error.code }, 'an event was parked as a dead letter');
    return 'parked';
  }

  /** What is busy for ever would go unseen: it uses up no delivery. So its time is told. */
  #countBusy(): void {
    const now = performance.now();
    const since = Math.min(now, ...this.#busySince.values());
    eventBusy.set({ subject: this.contract.subject }, (now - since) / 1_000);
  }

  /** Waits for one of the places of handlers; at the stop everyone gets one, and gives its message back. */
  async #slot(): Promise<void> {
    this.#busySlots += 1;
    if (this.#busySlots <= MAX_EVENTS_AT_ONCE || this.#stopping.signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #release(): void {
    this.#busySlots -= 1;
    this.#waiting.shift()?.();
  }

  /** A wait that a stop cuts short. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#stopping;
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
    });
  }
}
