/** Dates as banks write them, read to YYYY-MM-DD. What is not a day of the calendar is null. */
import { narrow } from './narrow.js';

export function dayOf(year: number, month: number, day: number): string | null {
  if (year < 1900 || year > 2999 || month < 1 || month > 12 || day < 1 || day > 31) return null;
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1) return null;
  return date.toISOString().slice(0, 10);
}

/** Whole days; `day` is YYYY-MM-DD. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** Japanese eras, newest first. Banks went on writing the old era for some weeks, so an era's last year is taken whole. */
const ERAS = [
  { letter: 'R', name: '令和', before: 2018, from: '2019-05-01', lastYear: 99 },
  { letter: 'H', name: '平成', before: 1988, from: '1989-01-08', lastYear: 31 },
  { letter: 'S', name: '昭和', before: 1925, from: '1926-12-25', lastYear: 64 },
] as const;

/** Null when the era has no such year, or had not begun on that day. */
function dayOfEra(era: (typeof ERAS)[number], year: number, month: number, day: number): string | null {
  const read = year >= 1 && year <= era.lastYear ? dayOf(era.before + year, month, day) : null;
  return read !== null && read >= era.from ? read : null;
}

/** How long before the reference day a day is believed: the longest period that a connector may ask for (ten years). */
const PLAUSIBLE_DAYS = 3_660;

/**
 * Reads YYMMDD where YY is a year of an era that is not named (Zengin). 06 is 2024 or 1994: the one day is meant that
 * lies in the ten years up to `notAfter` (which follows from the file's creation, or from the day it was fetched).
 * Never resolved against "now". Eras lie thirty years apart, so at most one day fits. A bank that writes the Western
 * year means another day: 26 as Heisei 26 is twelve years too old, so it is null and never a wrong day.
 * `notAfter` null: only a day that one era alone can have.
 */
export function eraDay(yymmdd: string, notAfter: string | null): string | null {
  if (!/^\d{6}$/.test(yymmdd)) return null;
  const [year, month, day] = [0, 2, 4].map((at) => Number(yymmdd.slice(at, at + 2))) as [number, number, number];
  const candidates = ERAS.map((era) => dayOfEra(era, year, month, day)).filter((read) => read !== null);
  if (notAfter === null) return candidates.length === 1 ? (candidates[0] ?? null) : null;
  const notBefore = addDays(notAfter, -PLAUSIBLE_DAYS);
  return candidates.find((candidate) => candidate <= notAfter && candidate >= notBefore) ?? null;
}

/** A date in a CSV cell: the day, or what keeps it from being one. */
export type CsvDate = { day: string } | { missing: 'year' } | null;

/** The year of a date without one: the latest such day that is not after `asOf`. */
function latestBefore(month: number, day: number, asOf: string): string | null {
  const year = Number(asOf.slice(0, 4));
  // Eight years reach over any gap between two 29ths of February.
  for (let back = 0; back <= 8; back++) {
    const read = dayOf(year - back, month, day);
    if (read && read <= asOf) return read;
  }
  return null;
}

const CLOCK = String.raw`(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?`;
const WESTERN = [
  new RegExp(String.raw`^(\d{4})[/\-.](\d{1,2})[/\-.](\d{1,2})${CLOCK}$`),
  /^(\d{4})年 ?(\d{1,2})月 ?(\d{1,2})日$/u,
  /^(\d{4})(\d{2})(\d{2})$/,
];

export function csvDate(text: string, asOf: string | null): CsvDate {
  const plain = narrow(text).replaceAll(/\s+/gu, ' ').trim();
  let western: RegExpExecArray | null = null;
  for (const form of WESTERN) western ??= form.exec(plain);
  if (western) {
    const day = dayOf(Number(western[1]), Number(western[2]), Number(western[3]));
    return day ? { day } : null;
  }
  const named =
    /^([RHS])(\d{1,2})[/\-.](\d{1,2})[/\-.](\d{1,2})$/i.exec(plain) ??
    /^(令和|平成|昭和)(\d{1,2}|元)年 ?(\d{1,2})月 ?(\d{1,2})日$/u.exec(plain);
  if (named) {
    const era = ERAS.find((e) => e.letter === named[1]?.toUpperCase() || e.name === named[1]);
    const year = named[2] === '元' ? 1 : Number(named[2]);
    const day = era ? dayOfEra(era, year, Number(named[3]), Number(named[4])) : null;
    return day ? { day } : null;
  }
  const short = /^(\d{1,2})月 ?(\d{1,2})日$/u.exec(plain) ?? /^(\d{1,2})\/(\d{1,2})$/.exec(plain);
  if (short) {
    // 2000 is a leap year: a 29th of February may be meant.
    if (!dayOf(2000, Number(short[1]), Number(short[2]))) return null;
    if (asOf === null) return { missing: 'year' };
    const day = latestBefore(Number(short[1]), Number(short[2]), asOf);
    return day ? { day } : null;
  }
  return null;
}
