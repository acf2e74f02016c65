/** The asked period: calendar days in Japan, both inclusive. */
import { bankDayOf, startRun } from '@enishi/contracts';
import { failure } from '@enishi/errors';
import type { Period } from '../run-loop/materialise-order.js';

const DAY_MS = 86_400_000;
/** The calendar has no year before it (`Day`). */
const FIRST_DAY = '0001-01-01';

/**
 * Fills what is not asked: up to today in Japan, and as far back as the connector allows.
 * @throws command-dispatcher.period_not_valid when it is upside down, in the future, or longer than `maxDays`
 */
export function periodOf(asked: { from?: string | undefined; to?: string | undefined }, maxDays: number, now: Date): Period {
  const today = bankDayOf(now);
  const to = asked.to ?? today;
  const from = asked.from ?? dayOf(new Date(Math.max(Date.parse(FIRST_DAY), Date.parse(to) - (maxDays - 1) * DAY_MS)));
  if (to > today) throw refuse('body.to', 'The period must not end in the future.');
  if (from > to) throw refuse('body.from', 'The period must not begin after its end.');
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (days > maxDays) throw refuse('body.from', `This bank can be asked for ${maxDays} days at most.`);
  return { from, to };
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function refuse(place: string, message: string) {
  return failure(startRun, 'period_not_valid', message, { place });
}
