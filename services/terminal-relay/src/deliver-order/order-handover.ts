/** Hands orders to one terminal; each is done when the terminal says that it stands on its disk. (A1) */
import { deliverOrder, type In, MAX_FRAME_BYTES, type OrderId, type Out, type SessionId } from '@enishi/contracts';
import { failure } from '@enishi/errors';
import { currentTraceparent } from '@enishi/telemetry';
import { events } from '../events.js';
import type { TerminalSocket } from '../terminal-door/terminal-socket.js';

interface Waiting {
  readonly done: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The envelope of an order frame beside its JWE: ids and trace context. */
const FRAME_ENVELOPE_BYTES = 512;

export class OrderHandover {
  private readonly waiting = new Map<OrderId, Waiting>();
  private welcomed!: () => void;
  private readonly afterWelcome = new Promise<void>((resolve) => {
    this.welcomed = resolve;
  });
  private ended = false;

  constructor(
    private readonly socket: Pick<TerminalSocket, 'send'>,
    private readonly takenWithinMs: number,
  ) {}

  /** An order may be on its way before the terminal is told that it is attached: it waits for that. */
  welcome(sessionId: SessionId): void {
    this.socket.send({ frame: 'welcome', sessionId });
    this.welcomed();
  }

  async handOver({ orderId, sessionId, jwe }: In<typeof deliverOrder>): Promise<Out<typeof deliverOrder>> {
    if (jwe.length > MAX_FRAME_BYTES - FRAME_ENVELOPE_BYTES)
      throw failure(deliverOrder, 'order_too_large', `An order may have ${MAX_FRAME_BYTES - FRAME_ENVELOPE_BYTES} bytes.`);
    const waiting = this.waitFor(orderId);
    const timer = setTimeout(() => waiting.reject(away('The terminal did not take the order in time.')), this.takenWithinMs);
    try {
      await Promise.race([this.afterWelcome, waiting.done]);
      const traceparent = currentTraceparent();
      if (this.ended || !this.socket.send({ frame: 'order', orderId, jwe, ...(traceparent ? { traceparent } : {}) }))
        throw away('The terminal is not attached any more.');
      await waiting.done;
    } finally {
      clearTimeout(timer);
      this.waiting.delete(orderId);
    }
    events.orderHandedOver({ sessionId, orderId });
    return { takenAt: new Date().toISOString() };
  }

  /** A repeated delivery of the same order waits for the same answer. */
  private waitFor(orderId: OrderId): Waiting {
    const known = this.waiting.get(orderId);
    if (known) return known;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Nobody may be waiting at the moment it is rejected.
    promise.catch(() => undefined);
    const waiting = { done: promise, resolve, reject };
    this.waiting.set(orderId, waiting);
    return waiting;
  }

  /** The order's id is on the terminal's disk. One that nobody waits for (any more) changes nothing. */
  taken(orderId: OrderId): void {
    this.waiting.get(orderId)?.resolve();
  }

  /** The terminal is gone: whoever waits is told at once. */
  end(): void {
    this.ended = true;
    for (const { reject } of this.waiting.values()) reject(away('The terminal went away.'));
  }
}

function away(message: string): Error {
  return failure(deliverOrder, 'terminal_away', message);
}
