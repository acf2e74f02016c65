/** Days as the bank counts them: `YYYY-MM-DD` in Japan, no clock inside. */

/** A calendar day in Japan, `YYYY-MM-DD`. */
export type Day = string;

const DAY_MS = 86_400_000;
/** First day of the Reiwa era; the bank's files know no other. */
export const REIWA_BEGAN: Day = '2019-05-01';

/** Whether the text names a day that exists (no 30 February). */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 10) === text;
}

/** Today in Japan. */
export function todayInJapan(now: Date): Day {
  return new Date(now.getTime() + 9 * 3_600_000).toISOString().slice(0, 10);
}

export function addDays(day: Day, days: number): Day {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** 0 is Sunday. */
export function weekday(day: Day): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay();
}

export const isWeekend = (day: Day): boolean => weekday(day) === 0 || weekday(day) === 6;
export const dayOfMonth = (day: Day): number => Number(day.slice(8));
export const monthOf = (day: Day): number => Number(day.slice(5, 7));

/** The n-th of the month, moved to Friday before when it falls on a weekend (as salaries are). */
export function isPayday(day: Day, nominal: number): boolean {
  if (isWeekend(day)) return false;
  for (let ahead = 0; ahead <= 2; ahead++) {
    const later = addDays(day, ahead);
    if (dayOfMonth(later) === nominal) return ahead === 0 || isWeekend(later);
  }
  return false;
}

/** The n-th of the month, moved to Monday after when it falls on a weekend (as direct debits are). */
export function isDebitDay(day: Day, nominal: number): boolean {
  if (isWeekend(day)) return false;
  for (let back = 0; back <= 2; back++) {
    const earlier = addDays(day, -back);
    if (dayOfMonth(earlier) === nominal) return back === 0 || isWeekend(earlier);
  }
  return false;
}

/** First day of the month that lies `months` months back. */
export function firstOfMonthBack(day: Day, months: number): Day {
  const [year, month] = [Number(day.slice(0, 4)), Number(day.slice(5, 7))];
  return new Date(Date.UTC(year, month - 1 - months, 1)).toISOString().slice(0, 10);
}

/** `yyyyMMdd` to a day; null when it is not one. */
export function fromCompact(text: string): Day | null {
  if (!/^\d{8}$/.test(text)) return null;
  const day = `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;
  return isDay(day) ? day : null;
}

/** YYMMDD with the year of the Reiwa era: 2026-11-22 is 081122. */
export function reiwa(day: Day): string {
  if (day < REIWA_BEGAN) throw new RangeError(`The day must not lie before ${REIWA_BEGAN}`);
  return `${String(Number(day.slice(0, 4)) - 2018).padStart(2, '0')}${day.slice(5, 7)}${day.slice(8)}`;
}

/** 2026年11月2日 */
export function kanjiDate(day: Day): string {
  return `${day.slice(0, 4)}年${Number(day.slice(5, 7))}月${Number(day.slice(8))}日`;
}
