import type { Order } from '@enishi/contracts';
import { OrderRefused } from './refusal.js';

/** PCs are minutes off; more than this and certificates and key statements can no longer be judged. */
export const CLOCK_LIMIT_SECONDS = 300;

/** The PC's clock and the platform's agree roughly. This also ties the time by which the keys were judged to the PC's own clock. */
export function checkClock(order: Order, nowSeconds: number): void {
  const off = Math.abs(order.issuedAt - nowSeconds);
  if (off > CLOCK_LIMIT_SECONDS)
    throw new OrderRefused('check-clock', `the PC's clock and the platform's are ${off} seconds apart`, 'CLOCK_SKEWED');
}
