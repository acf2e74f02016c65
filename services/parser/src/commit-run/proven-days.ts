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
  /** Set when the list ends with the balance that the bank states elsewhere as today's: the day of that balance. */
  reachesNow: { asOf: string } | null;
  /** The day at the bank on which it answered: nobody has proved the days to come. */
  answeredOn: string;
}

/**
 * A list that was read whole (count, totals or unbroken balances) proves
 * - the period that it states, if all its entries lie in it, up to the day of the answer or of a later entry;
 * - without a period, the days between its first and its last entry. These two days themselves may be cut: a list of
 *   the last hundred entries begins at noon. The last one is whole when no entry came after it (`reachesNow`).
 *
 * Null: no day is proven.
 */
export function provenDays({ period, days, reachesNow, answeredOn }: ListedDays): Days | null {
  const listed = spanOf(days);
  if (period && days.every((day) => holds(period, day)))
    return unlessEmpty({ from: period.from, to: earlier(period.to, later(answeredOn, listed?.to ?? answeredOn)) });
  if (!listed) return null;
  return unlessEmpty({ from: addDays(listed.from, 1), to: reachesNow ? later(listed.to, reachesNow.asOf) : addDays(listed.to, -1) });
}

const unlessEmpty = (days: Days): Days | null => (days.from <= days.to ? days : null);
const earlier = (a: string, b: string): string => (a < b ? a : b);
const later = (a: string, b: string): string => (a > b ? a : b);

/** From the first to the last of these days; null: there are none. */
export function spanOf(days: readonly string[]): Days | null {
  const sorted = days.toSorted();
  const [from, to] = [sorted[0], sorted.at(-1)];
  return from && to ? { from, to } : null;
}
