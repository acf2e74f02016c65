/** Japan has no summer time; banks' days end at midnight there. */
const JAPAN_MS = 9 * 3_600_000;

/**
 * The calendar day at the bank, `YYYY-MM-DD`, in which a moment lies. The one way from a moment to a day: between
 * midnight in Japan and midnight in UTC the two calendars differ.
 */
export function bankDayOf(moment: Date): string {
  return new Date(moment.getTime() + JAPAN_MS).toISOString().slice(0, 10);
}
