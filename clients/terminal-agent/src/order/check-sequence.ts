import type { Order } from '@enishi/contracts';
import { NotAnOrder } from './refusal.js';

/** Orders of distinct runs may overtake each other on their way by this much (as RFC 4303 §3.4.3 does for packets). */
export const SEQUENCE_WINDOW = 128;

/** Sequence numbers seen in one session. Each is taken once. */
export class SequenceWindow {
  private highest = 0;
  private readonly seen = new Set<number>();

  /** Only for an order whose signature has been verified: a forged number must not move the window. */
  checkSequence(order: Order): void {
    const { sequence } = order;
    if (this.seen.has(sequence)) throw new NotAnOrder('check-sequence', 'its number has been used in this session');
    if (sequence <= this.highest - SEQUENCE_WINDOW) throw new NotAnOrder('check-sequence', 'its number is far behind');
    this.seen.add(sequence);
    this.highest = Math.max(this.highest, sequence);
    for (const old of this.seen) if (old <= this.highest - SEQUENCE_WINDOW) this.seen.delete(old);
  }
}
