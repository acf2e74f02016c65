/** Two ways in which an order is not followed. Neither lets a byte go to the bank. */
import type { Cause } from '@enishi/contracts';

/**
 * Not an order of the platform for this terminal in this session. It is noted and not answered: whoever sent it learns
 * nothing, and a replay cannot spoil the answer to the true order.
 */
export class NotAnOrder extends Error {
  constructor(
    readonly rule: string,
    readonly detail: string,
  ) {
    super(`${rule}: ${detail}`);
  }
}

/** An order of the platform that may not or cannot be followed. It is answered with the cause; the detail names rule and field, never a value. */
export class OrderRefused extends Error {
  constructor(
    readonly rule: string,
    readonly detail: string,
    readonly outcome: Cause = 'AGENT_POLICY_REFUSED',
  ) {
    super(`${rule}: ${detail}`);
  }
}
