import { bankDayOf, type Connector, type Order } from '@enishi/contracts';
import { OrderRefused } from './refusal.js';

/**
 * A connection logs in a few times a day, whatever is ordered: new order ids do not let a hostile dispatcher go on until
 * the bank locks the user out.
 * @param begun when `once` orders of this connection were begun
 */
export function checkLoginLimit(order: Order, connector: Connector, nowSeconds: number, begun: readonly string[]): void {
  if (order.effect !== 'once') return;
  const { maxOncePerDay } = connector.limits;
  if (loginsToday(begun, new Date(nowSeconds * 1_000)) >= maxOncePerDay)
    throw new OrderRefused('check-login-limit', `${maxOncePerDay} a day are allowed`, 'LOGIN_LIMIT_REACHED');
}

/** The day is the bank's. The PC's clock may have been moved since: what was begun on a later day than today counts as of today. */
export function loginsToday(begun: readonly string[], now: Date): number {
  const today = bankDayOf(now);
  return begun.filter((at) => bankDayOf(new Date(at)) >= today).length;
}
