/** Which days a reading of an account proves complete. Within them the bank's word replaces what is stored; outside of them it only adds. */
import { addDays } from '../read-statement/dates.js';

/** Both included, YYYY-MM-DD. */
export interface Days {
  from: string;
  to: string;
}

export const holds = (days: Days | null, day: string): boolean => days !== null && day >= days.from && day <= days.to;

export interface ListedDays {
  /** As the statement states it; null: it does not. */
  period: Days | null;
  /** Days of its entries, in any order. */
  days: readonly string[];
  /** Set when the list ends with the balance that the bank states elsewhere as today's: the day of that balance, if it is told. */
  reachesNow: { asOf: string | null } | null;
}

/**
 * A list that was read whole (count, totals or unbroken balances) proves
 * - the period that it states, if all its entries lie in it;
 * - without a period, the days between its first and its last entry. These two days themselves may be cut: a list of
 *   the last hundred entries begins at noon. The last one is whole when no entry came after it (`reachesNow`).
 *
 * Null: no day is proven.
 */
export function provenDays({ period, days, reachesNow }: ListedDays): Days | null {
  if (period && days.every((day) => holds(period, day))) return period;
  const listed = spanOf(days);
  if (!listed) return null;
  const last = reachesNow ? [listed.to, reachesNow.asOf ?? listed.to].toSorted().at(-1) : addDays(listed.to, -1);
  const proven = { from: addDays(listed.from, 1), to: last as string };
  return proven.from <= proven.to ? proven : null;
}

/** From the first to the last of these days; null: there are none. */
export function spanOf(days: readonly string[]): Days | null {
  const sorted = days.toSorted();
  const [from, to] = [sorted[0], sorted.at(-1)];
  return from && to ? { from, to } : null;
}
