import {
  EVENTS,
  type EventContract,
  EventId,
  type In,
  type Out,
  type Payload,
  type RequestContract,
  type ServiceName,
} from '@enishi/contracts';
import { AppError, asAppError, platformError } from '@enishi/errors';
import { createLogger, currentTraceparent, type Logger, withSpan } from '@enishi/telemetry';
import { type JetStreamClient, jetstream } from '@nats-io/jetstream';
import { type NatsConnection, errors as natsErrors, type Subscription, type SubscriptionOptions } from '@nats-io/transport-node';
import { Answering } from './answering.js';
import { connectNats, type NatsLogin } from './connection.js';
import { DRAIN_LIMIT_MS, PUBLISH_TIMEOUT_MS } from './limits.js';
import { eventsPublished, requestSeconds } from './measures.js';
import { addressedSubject, inboxPrefixOf, STREAMS_API } from './names.js';
import { StreamsCheck } from './streams-check.js';
import { decodeBody, encodeBody, errorOfReply, HEADER, headersOf, parse } from './wire.js';

export interface BusOptions extends NatsLogin {
  service: ServiceName;
  log?: Logger;
  /** Time that closing gives to handlers under way, in all. Default 7 s, for SIGTERM allows 10 s for everything. */
  drainLimitMs?: number;
}

/** One fact on its way out, as it stands in the outbox. `id` is the event's id. */
export interface OutboxRow {
  id: string;
  subject: string;
  payload: unknown;
  traceparent?: string | null;
}

/** Where `Bus.emit` writes: the service's outbox table, in the caller's transaction. */
// oxlint-disable-next-line typescript/no-explicit-any -- the transaction is of the service's own generated client
export interface OutboxWriter<Tx = any> {
  write(tx: Tx, row: OutboxRow): Promise<void>;
  /** Something was committed: publish now. */
  poke(): void;
}

/** Answers for one address. */
export interface AddressedAnswer {
  /** Takes no more requests: from now on callers get platform.nobody_answers. Those under way get their replies. */
  stop(): Promise<void>;
}

/** Connects a service to the bus. Tries for 30 s, then throws platform.not_available. */
export async function connectBus({ service, log = createLogger(service), drainLimitMs, ...login }: BusOptions): Promise<Bus> {
  const nc = await connectNats(login, { name: service, inboxPrefix: inboxPrefixOf(service) });
  return new Bus(service, nc, log, drainLimitMs);
}

/** A service's connection to the others: requests to them, facts for them. Provide it to Nest as a value: it drains itself at shutdown. */
export class Bus {
  /** For this lib's own parts. */
  readonly js: JetStreamClient;
  readonly answering: Answering;
  readonly #streams: StreamsCheck;
  readonly #subscriptions = new Set<Subscription>();
  #outbox: OutboxWriter | undefined;
  #emitted = false;
  #connected = true;
  #drained: Promise<void> | undefined;
  #drainDeadline: number | undefined;

  constructor(
    readonly service: ServiceName,
    readonly nc: NatsConnection,
    readonly log: Logger,
    private readonly drainLimitMs: number = DRAIN_LIMIT_MS,
  ) {
    this.js = jetstream(nc, { timeout: PUBLISH_TIMEOUT_MS, apiPrefix: STREAMS_API });
    this.answering = new Answering(service, log, () => this.afterHandler());
    this.#streams = new StreamsCheck(service, nc, log);
    void this.#watch();
  }

  /**
   * Asks, and gives the parsed output. Throws AppError: what the answerer threw, under the same code;
   * platform.nobody_answers when no process subscribes (of an addressed request: nobody holds the address);
   * platform.timed_out after the contract's time, when it is not known whether it was done;
   * platform.not_available at once while the bus is away. It never tries again by itself.
   */
  async request<C extends RequestContract>(contract: C, input: In<C>, options: { timeoutMs?: number } = {}): Promise<Out<C>> {
    const startedAt = performance.now();
    let outcome = 'ok';
    try {
      return await withSpan(
        `request ${contract.subject}`,
        {
          kind: 'client',
          attributes: {
            'messaging.system': 'nats',
            'messaging.destination.name': contract.subject,
            'messaging.operation.name': 'request',
            'messaging.operation.type': 'send',
          },
        },
        () => this.#request(contract, input, options.timeoutMs ?? contract.timeoutMs),
      );
    } catch (error) {
      outcome = asAppError(error).code;
      throw error;
    } finally {
      requestSeconds.observe({ subject: contract.subject, side: 'client', outcome }, (performance.now() - startedAt) / 1_000);
    }
  }

  async #request<C extends RequestContract>(contract: C, input: In<C>, timeoutMs: number): Promise<Out<C>> {
    if (!contract.callers.includes(this.service)) throw new TypeError(`${this.service} is not among the callers of ${contract.subject}`);
    const parsed: unknown = parse(input, contract.input, 'input');
    const subject =
      contract.addressedBy === undefined
        ? contract.subject
        : addressedSubject(contract, String((parsed as Record<string, unknown>)[contract.addressedBy]));
    const body = encodeBody(parsed, 'input');
    // The client would keep it and send it after the reconnect, when its caller has long given up.
    if (!this.#connected) throw platformError('not_available', 'The bus is away.');
    const reply = await this.nc
      .request(subject, body, { timeout: timeoutMs, headers: headersOf({ [HEADER.traceparent]: currentTraceparent() }) })
      .catch((cause: unknown) => {
        throw requestFailure(cause);
      });
    const error = errorOfReply(reply);
    if (error !== undefined) throw error;
    try {
      return decodeBody(reply.data, contract.output, 'output') as Out<C>;
    } catch (cause) {
      throw platformError('broken', 'The answer does not fit its contract.', { cause });
    }
  }

  /** Says where facts are written. Once, before the first `emit`. */
  useOutbox(outbox: OutboxWriter): void {
    this.#outbox = outbox;
  }

  /**
   * Writes a fact into the outbox, in the transaction that makes it true. A process that dies before the commit has
   * emitted nothing; after the commit the row is published by whichever process claims it. Gives the event's id.
   */
  async emit<C extends EventContract>(tx: unknown, contract: C, payload: Payload<C>): Promise<string> {
    if (contract.owner !== this.service) throw new TypeError(`${this.service} does not own ${contract.subject}`);
    if (this.#outbox === undefined) throw new TypeError('useOutbox comes before emit');
    const row = {
      id: EventId.generate(),
      subject: contract.subject,
      payload: parse(payload, contract.payload, 'payload') as unknown,
      traceparent: currentTraceparent() ?? null,
    };
    encodeBody(row.payload, 'payload');
    await this.#outbox.write(tx, row);
    this.#emitted = true;
    return row.id;
  }

  /** The transaction of an `emit` is committed: publish now, not at the next poll. Handlers of messages need not call it. */
  poke(): void {
    this.#emitted = false;
    this.#outbox?.poke();
  }

  /** For this lib's own parts: a handler has ended, and its transaction with it. */
  afterHandler(): void {
    if (this.#emitted) this.poke();
  }

  /**
   * Publishes one row of the outbox; resolves when the stream has it. Published twice within 10 minutes, the stream
   * drops the second; later, the hearers' inboxes do. Throws platform.not_available: the row must stay.
   */
  async publish(row: OutboxRow): Promise<void> {
    const contract = EVENTS.find(({ subject, owner }) => subject === row.subject && owner === this.service);
    if (contract === undefined) throw new TypeError(`${this.service} owns no event of the row ${row.id}`);
    const body = encodeBody(row.payload, 'payload');
    if (!this.#connected) throw platformError('not_available', 'The bus is away.');
    await withSpan(
      `publish ${row.subject}`,
      {
        kind: 'producer',
        parent: row.traceparent,
        attributes: {
          'messaging.system': 'nats',
          'messaging.destination.name': row.subject,
          'messaging.operation.name': 'publish',
          'messaging.operation.type': 'send',
          'messaging.message.id': row.id,
          'messaging.message.body.size': body.length,
        },
      },
      async () => {
        const headers = headersOf({ [HEADER.eventId]: row.id, [HEADER.traceparent]: currentTraceparent() ?? row.traceparent });
        await this.js.publish(row.subject, body, { msgID: row.id, headers }).catch((cause: unknown) => {
          throw platformError('not_available', 'The stream did not take the event.', { cause });
        });
      },
    );
    eventsPublished.add({ subject: row.subject });
  }

  /**
   * Answers an addressed request for one address that this process holds. NATS itself finds the process by the
   * subject; when it dies, callers get platform.nobody_answers.
   */
  answerAddressed<C extends RequestContract>(
    contract: C,
    address: string,
    handler: (input: In<C>) => Out<C> | Promise<Out<C>>,
  ): AddressedAnswer {
    if (contract.owner !== this.service) throw new TypeError(`${this.service} does not own ${contract.subject}`);
    const { addressedBy } = contract;
    if (addressedBy === undefined) throw new TypeError(`${contract.subject} is not addressed: use @Answers`);
    const subscription = this.subscribe(addressedSubject(contract, address), {
      callback: (error, message) => {
        if (error !== null) return;
        this.answering.answer(contract, message, (input) => {
          // The subject found us; the input must be for the same address.
          if ((input as Record<string, unknown>)[addressedBy] !== address)
            throw platformError('input_not_valid', `input.${addressedBy}: is not the address of the subject`, {
              place: `input.${addressedBy}`,
            });
          return handler(input as In<C>);
        });
      },
    });
    return { stop: () => this.unsubscribe(subscription) };
  }

  /** For this lib's own parts: a subscription that ends before the connection does. */
  subscribe(subject: string, options: SubscriptionOptions): Subscription {
    const subscription = this.nc.subscribe(subject, options);
    this.#subscriptions.add(subscription);
    return subscription;
  }

  /** For this lib's own parts: no new messages, those that have arrived are still handed over. */
  async unsubscribe(subscription: Subscription): Promise<void> {
    this.#subscriptions.delete(subscription);
    if (subscription.isClosed() || subscription.isDraining()) return;
    // A drain waits for the server; away from it, nothing can come anyway.
    if (this.#connected) await subscription.drain();
    else subscription.unsubscribe();
  }

  /** Throws platform.not_available when the server does not answer within 2 s. */
  async check(): Promise<void> {
    if (!this.#connected) throw platformError('not_available', 'The bus is away.');
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(platformError('not_available', 'The bus does not answer.')), 2_000);
    });
    try {
      await Promise.race([this.nc.flush(), limit]);
    } catch (cause) {
      throw cause instanceof AppError ? cause : platformError('not_available', 'The bus is away.', { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Throws platform.not_available when a stream or durable of this service is not there. */
  async checkStreams(): Promise<void> {
    if (!this.#connected) throw platformError('not_available', 'The bus is away.');
    await this.#streams.check();
  }

  /**
   * Ends the connection without loss: no new requests, those under way get their replies, what was published is sent.
   * Within 7 s, counted from the closing of the transport. Events that were not acknowledged are delivered again to another process.
   */
  drain(): Promise<void> {
    this.#drained ??= this.#drain();
    return this.#drained;
  }

  /** For this lib's own parts: what is left of the time to close, counted from the first who asks. */
  drainTimeLeftMs(): number {
    this.#drainDeadline ??= performance.now() + this.drainLimitMs;
    return Math.max(0, this.#drainDeadline - performance.now());
  }

  /** Called by Nest after the transports are closed. */
  onApplicationShutdown(): Promise<void> {
    return this.drain();
  }

  async #drain(): Promise<void> {
    this.#streams.stop();
    await Promise.all([...this.#subscriptions].map((subscription) => this.unsubscribe(subscription)));
    const left = await this.answering.settled(this.drainTimeLeftMs());
    if (left > 0) this.log.warn({ left }, 'closing while requests are under way');
    // Away from the server, a drain would wait for it: there is nothing that could be sent.
    if (this.#connected) await this.nc.drain().catch(() => this.nc.close());
    else await this.nc.close();
  }

  async #watch(): Promise<void> {
    for await (const status of this.nc.status()) {
      if (status.type === 'disconnect') {
        this.#connected = false;
        this.log.warn('the bus is away');
      } else if (status.type === 'reconnect') {
        this.#connected = true;
        this.log.info('the bus is back');
      } else if (status.type === 'error') {
        this.log.error({ err: status.error }, 'the bus refused something');
      }
    }
  }
}

function requestFailure(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const chain = [cause, (cause as Error | undefined)?.cause];
  if (chain.some((error) => error instanceof natsErrors.NoRespondersError))
    return platformError('nobody_answers', 'No process answers this request at the moment.', { cause });
  if (chain.some((error) => error instanceof natsErrors.TimeoutError))
    return platformError('timed_out', 'The answer did not come in time.', { cause });
  if (chain.some((error) => error instanceof natsErrors.PermissionViolationError))
    return platformError('broken', 'The bus does not let this service ask that.', { cause });
  return platformError('not_available', 'The bus is away.', { cause });
}
