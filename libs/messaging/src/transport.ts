import { EVENTS, type EventContract, REQUESTS, type RequestContract } from '@enishi/contracts';
import type { Logger } from '@enishi/telemetry';
import type { Subscription } from '@nats-io/transport-node';
import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Bus } from './bus.js';
import { Hearing, type Inbox } from './hearing.js';

export interface TransportOptions {
  bus: Bus;
  /** Needed when anything is heard. */
  inbox?: Inbox;
  /**
   * What the controllers must handle: unless told otherwise, every request (but addressed ones) that the service owns
   * and every event that names it as a hearer. A missing handler stops the start, not the first message.
   */
  handles?: readonly (RequestContract | EventContract)[];
  log?: Logger;
}

/**
 * The transport under NestJS: requests by core NATS in the queue group of the service, events by JetStream durables.
 * Handlers are controller methods under `@Answers` and `@Hears`; guards, pipes and interceptors work as ever.
 */
export class EnishiTransport extends Server implements CustomTransportStrategy {
  override readonly propagatesEventHandlerErrors = true;
  readonly #bus: Bus;
  readonly #log: Logger;
  readonly #subscriptions: Subscription[] = [];
  readonly #hearings: Hearing[] = [];

  constructor(private readonly options: TransportOptions) {
    super();
    this.#bus = options.bus;
    this.#log = options.log ?? options.bus.log;
  }

  override addHandler(pattern: string, callback: MessageHandler, isEventHandler = false, extras: Record<string, unknown> = {}): void {
    if (this.messageHandlers.has(this.normalizePattern(pattern))) throw new TypeError(`${pattern} has two handlers`);
    super.addHandler(pattern, callback, isEventHandler, extras);
  }

  /** Subscribes all handlers, or none. */
  async listen(ready: (error?: unknown) => void): Promise<void> {
    try {
      const handled = this.#handled();
      for (const { contract, run } of handled) {
        if (contract.kind === 'request') this.#answer(contract, run);
        else await this.#hear(contract, run);
      }
      // The server knows the subscriptions when it has answered.
      await this.#bus.nc.flush();
      ready();
    } catch (error) {
      await this.close();
      ready(error);
    }
  }

  /** Takes no new messages; resolves when the handlers under way have ended, or after 7 s. The connection stays: it is the bus's. */
  async close(): Promise<void> {
    const answered = Promise.all(this.#subscriptions.splice(0).map((subscription) => this.#bus.unsubscribe(subscription))).then(() =>
      this.#bus.answering.settled(this.#bus.drainTimeLeftMs()),
    );
    await Promise.all([answered, ...this.#hearings.splice(0).map((hearing) => hearing.stop())]);
  }

  on(): never {
    throw new TypeError('the bus tells its state by check()');
  }

  unwrap<T>(): T {
    return this.#bus.nc as T;
  }

  #answer(contract: RequestContract, run: Run): void {
    const { subject } = contract;
    this.#subscriptions.push(
      this.#bus.subscribe(subject, {
        queue: this.#bus.service,
        callback: (error, message) => {
          if (error !== null) this.#log.error({ subject, err: error }, 'a subscription ended');
          else this.#bus.answering.answer(contract, message, (input) => run(input, undefined));
        },
      }),
    );
  }

  async #hear(contract: EventContract, run: Run): Promise<void> {
    const { inbox } = this.options;
    if (inbox === undefined) throw new TypeError(`an inbox is needed to hear ${contract.subject}`);
    const hearing = new Hearing(this.#bus, contract, inbox, run, this.#log);
    await hearing.start();
    this.#hearings.push(hearing);
  }

  #handled(): { contract: RequestContract | EventContract; run: Run }[] {
    const { service } = this.#bus;
    const must = this.options.handles ?? [
      ...REQUESTS.filter(({ owner, addressedBy }) => owner === service && addressedBy === undefined),
      ...EVENTS.filter(({ hearers }) => hearers.includes(service)),
    ];
    const missing = must.filter(({ subject }) => !this.messageHandlers.has(subject)).map(({ subject }) => subject);
    if (missing.length > 0) throw new TypeError(`${service} has no handler for ${missing.join(', ')}`);
    return [...this.messageHandlers].map(([subject, handler]) => {
      const contract = must.find((one) => one.subject === subject);
      if (contract === undefined) throw new TypeError(`${service} handles ${subject}, which is not its own to handle`);
      return { contract, run: runOf(handler) };
    });
  }
}

type Run = (input: unknown, context: unknown) => Promise<unknown>;

function runOf(handler: MessageHandler): Run {
  return async (input, context) => {
    const result: unknown = await handler(input, context);
    return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
  };
}
