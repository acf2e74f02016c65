import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addDays } from './calendar.js';
import { CUSTOMERS } from './customers.js';
import { type AccountBook, booksOf, periodOf } from './ledger.js';
import { truthOf } from './truth.js';

const [hanako] = CUSTOMERS as [(typeof CUSTOMERS)[number]];
const TODAY = '2026-11-20';

describe('the ledger', () => {
  it('is the same for the same seed, and another for another seed', () => {
    expect(truthOf(1, 'hanako', TODAY)).toEqual(truthOf(1, 'hanako', TODAY));
    expect(truthOf(1, 'hanako', TODAY)).not.toEqual(truthOf(2, 'hanako', TODAY));
    expect(truthOf(1, 'taro', TODAY).accounts).not.toEqual(truthOf(1, 'hanako', TODAY).accounts);
  });

  it('only grows at the end when days go by', () => {
    const seen = booksOf(1, hanako, TODAY);
    const later = booksOf(1, hanako, addDays(TODAY, 3));
    for (const [i, book] of later.entries()) expect(book.entries.slice(0, seen[i]?.entries.length)).toEqual(seen[i]?.entries);
  });

  it('adds up: opening + sum = balance, for every account, seed and period', () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.constantFrom(...CUSTOMERS), fc.nat(1_000), fc.nat(400), (seed, customer, day, back) => {
        const today = addDays('2026-01-01', day);
        for (const book of booksOf(seed, customer, today)) {
          const period = periodOf(book, addDays(today, -back), today);
          const sum = period.entries.reduce((total, entry) => total + entry.amount, 0);
          expect(period.opening + sum).toBe(book.balance);
        }
      }),
      { numRuns: 30, seed: 7 },
    );
  });

  it('shows 3 to 12 months, with true twins, rows of 0 yen and corrections, whatever the seed', () => {
    fc.assert(
      fc.property(fc.nat(100_000), (seed) => {
        const [household] = booksOf(seed, hanako, TODAY) as [AccountBook];
        const months = 11 - Number(household.from.slice(5, 7)) + (2026 - Number(household.from.slice(0, 4))) * 12;
        expect(months).toBeGreaterThanOrEqual(3);
        expect(months).toBeLessThanOrEqual(12);
        const same = household.entries.map(({ date, amount, summary, name }) => [date, amount, summary.ja, name.ja].join());
        expect(same.length).toBeGreaterThan(new Set(same).size);
        expect(household.entries.some(({ amount }) => amount === 0)).toBe(true);
        expect(household.entries.some(({ kind, date, valueDate }) => kind === 'correction' && valueDate < date)).toBe(true);
      }),
      { numRuns: 20, seed: 5 },
    );
  });

  it('has one account without any entry, and one of several pages', () => {
    for (const customer of CUSTOMERS) {
      const books = booksOf(1, customer, TODAY);
      expect(books.map(({ entries }) => entries.length > 0)).toEqual([true, true, true, false]);
      expect(books[2]?.entries.length).toBeGreaterThan(40);
    }
  });

  it('knows no other users and no other days', () => {
    expect(() => truthOf(1, 'jiro', TODAY)).toThrow(RangeError);
    expect(() => truthOf(1, 'hanako', '2025-12-31')).toThrow(RangeError);
    expect(() => truthOf(1, 'hanako', '2036-01-01')).toThrow(RangeError);
  });
});
