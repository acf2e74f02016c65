/** Where each order stands, read off the journal's lines. */
import { type Cause, type ConnectionId, MAX_ONCE_PER_DAY, type OrderId } from '@enishi/contracts';
import type { JournalLine, OrderFacts } from './journal-line.js';

export type OrderStanding =
  /** Taken; the bank may have been asked. */
  | { readonly state: 'started'; readonly order: OrderFacts; readonly at: string }
  /** The result is on the disk and waits for the platform. */
  | { readonly state: 'done'; readonly order: OrderFacts; readonly at: string; readonly resultHash: string }
  /** The platform has the result, or will never take it. */
  | { readonly state: 'settled'; readonly at: string };

/** A settled order is remembered for longer than any run lives (60 minutes), so that it is never done again. */
export const SETTLED_MEMORY_MS = 6 * 3_600_000;

/** A `once` order that ended so never reached the bank: had a byte of it been sent, it would be OUTCOME_UNKNOWN or answered. */
const NEVER_SENT: ReadonlySet<Cause> = new Set<Cause>([
  'AGENT_POLICY_REFUSED',
  'CERT_MISSING',
  'CERT_EXPIRED',
  'CERT_UNUSABLE',
  'CREDENTIALS_MISSING',
  'PC_NETWORK_DOWN',
  'PC_NETWORK_BLOCKED',
  'PC_DISK_FULL',
  'AGENT_FAILED',
  'BANK_TLS_CHANGED',
  'BANK_TLS_UNKNOWN',
  'BANK_DOWN',
  'BANK_TIMEOUT',
]);

/** A `once` order that was begun: the bank may have seen it. */
export interface OnceBegun {
  readonly orderId: OrderId;
  readonly connectionId: ConnectionId;
  readonly at: string;
}

export class OrderBook {
  private readonly standings = new Map<OrderId, OrderStanding>();
  private onceBegun: OnceBegun[] = [];

  apply(line: JournalLine): void {
    switch (line.what) {
      case 'started':
        this.standings.set(line.order.orderId, { state: 'started', order: line.order, at: line.at });
        if (line.order.effect === 'once')
          this.countOnce({ orderId: line.order.orderId, connectionId: line.order.connectionId, at: line.at });
        break;
      case 'done':
        if (line.outcome.kind === 'failed' && NEVER_SENT.has(line.outcome.cause)) this.uncountOnce(line.order.orderId);
        this.standings.set(line.order.orderId, { state: 'done', order: line.order, at: line.at, resultHash: line.resultHash });
        break;
      case 'delivered':
      case 'discarded':
        this.standings.set(line.orderId, { state: 'settled', at: line.at });
        break;
      case 'continued':
        for (const { order, at, resultHash } of line.open)
          this.standings.set(order.orderId, resultHash ? { state: 'done', order, at, resultHash } : { state: 'started', order, at });
        for (const { orderId, at } of line.settled) this.standings.set(orderId, { state: 'settled', at });
        for (const begun of line.once) this.countOnce(begun);
        break;
      case 'ignored':
      case 'recovered':
        break;
    }
  }

  /** As many of a connection are kept as any connector allows on a day, by their order and not by a clock that may be moved. */
  private countOnce(begun: OnceBegun): void {
    // A segment repeats what those before it tell. One order id at two times is two: the bank saw two logins.
    if (this.onceBegun.some(({ orderId, at }) => orderId === begun.orderId && at === begun.at)) return;
    this.onceBegun.push(begun);
    const [tooMany] = this.onceBegun.filter(({ connectionId }) => connectionId === begun.connectionId).slice(0, -MAX_ONCE_PER_DAY);
    this.onceBegun = this.onceBegun.filter((one) => one !== tooMany);
  }

  /** Only what is begun and not ended: a later refusal under the same id says nothing about what was sent before. */
  private uncountOnce(orderId: OrderId): void {
    const standing = this.standings.get(orderId);
    if (standing?.state !== 'started') return;
    this.onceBegun = this.onceBegun.filter((one) => one.orderId !== orderId || one.at !== standing.at);
  }

  /** When `once` orders of this connection were begun, oldest first; those that certainly never left the PC are not among them. */
  onceBegunOf(connection: ConnectionId): string[] {
    return this.onceBegun.filter(({ connectionId }) => connectionId === connection).map(({ at }) => at);
  }

  /** Of all connections. */
  once(): readonly OnceBegun[] {
    return this.onceBegun;
  }

  find(orderId: OrderId): OrderStanding | undefined {
    return this.standings.get(orderId);
  }

  /** Oldest first. */
  open(): Exclude<OrderStanding, { state: 'settled' }>[] {
    return [...this.standings.values()].filter((standing) => standing.state !== 'settled');
  }

  settledSince(since: Date): { orderId: OrderId; at: string }[] {
    return [...this.standings.entries()].flatMap(([orderId, standing]) =>
      standing.state === 'settled' && new Date(standing.at) >= since ? [{ orderId, at: standing.at }] : [],
    );
  }
}
