import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addDays } from '../ledger/calendar.js';
import { CUSTOMERS } from '../ledger/customers.js';
import { type AccountBook, booksOf, periodOf } from '../ledger/ledger.js';
import { CSV_COLUMNS, csvFile } from './csv.js';

/** Fields of one line, every one of them quoted. */
function fieldsOf(line: string): string[] {
  expect(line).toMatch(/^("([^"]|"")*"(,"([^"]|"")*")*)?$/);
  return [...line.matchAll(/"((?:[^"]|"")*)"/g)].map(([, field]) => (field ?? '').replaceAll('""', '"'));
}
const number = (text: string | undefined): number => Number((text ?? '').replaceAll(',', ''));

function read(file: Buffer) {
  const text = new TextDecoder('shift_jis', { fatal: true }).decode(file);
  expect(text.endsWith('\r\n')).toBe(true);
  const lines = text.slice(0, -2).split('\r\n').map(fieldsOf);
  const heading = lines.findIndex(([first]) => first === CSV_COLUMNS[0]);
  return { titles: new Map(lines.slice(0, heading).map(([name, value]) => [name, value])), rows: lines.slice(heading + 1) };
}

const anyPeriod = fc
  .record({ seed: fc.nat(10_000), customer: fc.constantFrom(...CUSTOMERS), length: fc.nat(300) })
  .map(({ seed, customer, length }) => {
    const book = booksOf(seed, customer, '2026-11-20')[1] as AccountBook;
    return { customer, book, period: periodOf(book, addDays('2026-11-20', -length), '2026-11-20') };
  });

describe('a CSV file of the bank', () => {
  it('tells its rows, and its balances form a chain from the newest to the oldest, whatever the seed and period', () => {
    fc.assert(
      fc.property(anyPeriod, ({ customer, book, period }) => {
        const { titles, rows } = read(csvFile(book.account, customer.holder, period, '2026-11-20'));
        expect(titles.get('明細件数')).toBe(`${rows.length}件`);
        expect(rows.length).toBe(period.entries.length);
        let balance = number(titles.get('期間末残高'));
        for (const [date, , out, into, after] of rows) {
          expect(date).toMatch(/^\d{4}\/\d{2}\/\d{2}$/);
          expect([out === '', into === '']).toContain(true);
          expect(number(after)).toBe(balance);
          balance -= number(into) - number(out);
        }
        expect(balance).toBe(number(titles.get('期間前残高')));
        expect(rows.map(([date]) => date)).toEqual(
          rows
            .map(([date]) => date)
            .toSorted()
            .toReversed(),
        );
      }),
      { numRuns: 30, seed: 3 },
    );
  });

  it('holds commas and quotes inside names', () => {
    const hanako = CUSTOMERS[0] as (typeof CUSTOMERS)[number];
    const book = booksOf(1, hanako, '2026-11-20')[1] as AccountBook;
    const names = read(csvFile(book.account, hanako.holder, book, '2026-11-20')).rows.map((row) => row[6]);
    expect(names).toEqual(expect.arrayContaining(['シヨクドウ, ウミネコ', 'ミナトビルヂング "A棟"', '㈱つばさ①号店～本町']));
  });
});
