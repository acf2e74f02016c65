/**
 * Values that every store of the platform can keep, so that none of them is refused by Postgres after a door took it: such
 * a refusal comes again with each try. Every schema that holds free text or a time is made of these.
 */
import { z } from 'zod';

/** Postgres stores no U+0000 in a text, and UTF-8 has no form of a lone surrogate (RFC 3629, section 3). */
function isStorable(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}
const STORABLE = 'must hold no U+0000 and no lone surrogate';

/** ISO 8601 has a year 0000; Postgres' calendar has none. */
function hasYear(time: string): boolean {
  return !time.startsWith('0000');
}
const YEAR = 'must not be in the year 0000';

/** Any text of Unicode. Give it its length: `Text.max(80)`. */
export const Text = z.string().refine(isStorable, STORABLE);
/** Absolute, as WHATWG URL reads it. */
export const Url = z.url().refine(isStorable, STORABLE);
/** A day of the calendar, `YYYY-MM-DD`, from 0001-01-01 to 9999-12-31. */
export const Day = z.iso.date().refine(hasYear, YEAR);
/** A moment in UTC, `YYYY-MM-DDTHH:MM:SS[.fraction]Z`, of the same years. */
export const Moment = z.iso.datetime().refine(hasYear, YEAR);

/** The first `max` UTF-16 units of what somebody else wrote, as a `Text`: U+0000 and lone surrogates become U+FFFD. */
export function clip(text: string, max: number): string {
  return text.slice(0, max).toWellFormed().replaceAll('\u0000', '\ufffd');
}
