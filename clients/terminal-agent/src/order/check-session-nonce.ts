import type { Order } from '@enishi/contracts';
import { sameSecret } from '@enishi/crypto';
import { NotAnOrder } from './refusal.js';

/** The order was issued for this very session: one that a relay kept from an older session is worth nothing. */
export function checkSessionNonce(order: Order, sessionNonce: string): void {
  if (!sameSecret(order.sessionNonce, sessionNonce)) throw new NotAnOrder('check-session-nonce', 'it is of another session');
}
