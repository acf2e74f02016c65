import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addDays, csvDate, eraDay } from './dates.js';

const anyDay = (min: string, max: string) => {
  const days = (Date.parse(max) - Date.parse(min)) / 86_400_000;
  return fc.integer({ min: 0, max: days }).map((n) => addDays(min, n));
};
const parts = (day: string) => day.split('-').map(Number) as [number, number, number];
const two = (n: number) => String(n).padStart(2, '0');
/** Year of the era that the day lies in. */
function yearOfEra(day: string): number {
  const [year] = parts(day);
  if (day >= '2019-05-01') return year - 2018;
  return day >= '1989-01-08' ? year - 1988 : year - 1925;
}

describe('A5 two digits of a year of an era', () => {
  it('are told by the day up to which they can be', () => {
    expect(eraDay('080930', '2026-10-01')).toBe('2026-09-30');
    expect(eraDay('080930', '1996-10-01')).toBe('1996-09-30');
    expect(eraDay('310430', '2019-05-07')).toBe('2019-04-30');
    expect(eraDay('640107', '1989-02-01')).toBe('1989-01-07');
  });
  it('are no day when no era makes a plausible one', () => {
    for (const text of ['090101', '200105', '640107', '990101', '080230', '0801', '08010a']) expect(eraDay(text, '2026-11-22')).toBeNull();
    // Reiwa had not begun.
    expect(eraDay('010430', '2019-05-20')).toBeNull();
  });
  it('of the ten years before are read to their day', () => {
    fc.assert(
      fc.property(anyDay('1990-01-01', '2040-12-31'), fc.nat(3_000), (day, later) => {
        const [, month, date] = parts(day);
        expect(eraDay(`${two(yearOfEra(day))}${two(month)}${two(date)}`, addDays(day, later))).toBe(day);
      }),
    );
  });
  it('that are Western are never another day', () => {
    fc.assert(
      fc.property(anyDay('2019-06-01', '2060-12-31'), fc.nat(31), (day, later) => {
        const [year, month, date] = parts(day);
        expect(eraDay(`${two(year % 100)}${two(month)}${two(date)}`, addDays(day, later))).toBeNull();
      }),
    );
  });
});

describe('A5 a date in a cell', () => {
  it('is the same day in every way of writing it', () => {
    fc.assert(
      fc.property(anyDay('1990-01-01', '2060-12-31'), (day) => {
        const [year, month, date] = parts(day);
        const [letter, name] = day >= '2019-05-01' ? ['R', '令和'] : ['H', '平成'];
        const era = yearOfEra(day);
        const ways = [
          day,
          `${year}/${month}/${date}`,
          `${year}.${two(month)}.${two(date)}`,
          `${year}年${month}月${date}日`,
          `${year}${two(month)}${two(date)}`,
          `${letter}${era}.${month}.${date}`,
          `${name}${era === 1 ? '元' : era}年${month}月${date}日`,
          day.normalize('NFKC').replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
        ];
        for (const way of ways) expect([way, csvDate(way, null)]).toEqual([way, { day }]);
      }),
    );
  });
  it('is none when the era had no such day, or something else stands in it', () => {
    for (const text of [
      'R1.4.30',
      '平成元年1月7日',
      'H32.1.1',
      '2026/11/1①',
      '2026/11/05,',
      '26/11/05',
      '2026/02/30',
      '11/05/2026',
      '8.11.5',
    ])
      expect([text, csvDate(text, '2026-11-22')]).toEqual([text, null]);
  });
});
