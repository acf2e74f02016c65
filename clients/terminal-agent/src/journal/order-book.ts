/** Where each order stands, read off the journal's lines. */
import type { OrderId } from '@enishi/contracts';
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

export class OrderBook {
  private readonly standings = new Map<OrderId, OrderStanding>();

  apply(line: JournalLine): void {
    switch (line.what) {
      case 'started':
        this.standings.set(line.order.orderId, { state: 'started', order: line.order, at: line.at });
        break;
      case 'done':
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
        break;
      case 'ignored':
      case 'recovered':
        break;
    }
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
