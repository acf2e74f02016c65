import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addDays } from '../ledger/calendar.js';
import { CUSTOMERS } from '../ledger/customers.js';
import { type AccountBook, booksOf, periodOf } from '../ledger/ledger.js';
import { zenginFile } from './zengin.js';

const hanako = CUSTOMERS[0] as (typeof CUSTOMERS)[number];

/** Fields of a record by their lengths, from the layout of 全銀協. */
function cut(record: Buffer, lengths: number[]): string[] {
  expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(200);
  let at = 0;
  return lengths.map((length) => new TextDecoder('shift_jis').decode(record.subarray(at, (at += length))));
}
const HEADER = [1, 2, 1, 6, 6, 6, 4, 15, 3, 15, 3, 1, 10, 40, 1, 1, 14, 71];
const DATA = [1, 8, 6, 6, 1, 2, 12, 12, 6, 6, 1, 7, 3, 10, 48, 15, 15, 20, 20, 1];
const TRAILER = [1, 6, 13, 6, 13, 1, 14, 7, 139];
const END = [1, 10, 5, 184];
const signed = (mark: string | undefined, digits: string | undefined): number => (mark === '2' ? -1 : 1) * Number(digits);

function read(file: Buffer) {
  const records: Buffer[] = [];
  for (let at = 0; at < file.length; at += 202) {
    expect(file.subarray(at + 200, at + 202).toString('latin1')).toBe('\r\n');
    records.push(file.subarray(at, at + 200));
  }
  expect(file.length % 202).toBe(0);
  const [header, trailer, end] = [records[0], records.at(-2), records.at(-1)] as [Buffer, Buffer, Buffer];
  const data = records.slice(1, -2).map((record) => cut(record, DATA));
  return { records, header: cut(header, HEADER), data, trailer: cut(trailer, TRAILER), end: cut(end, END) };
}

const anyPeriod = fc
  .record({ seed: fc.nat(10_000), customer: fc.constantFrom(...CUSTOMERS), day: fc.nat(700), length: fc.nat(200), account: fc.nat(3) })
  .map(({ seed, customer, day, length, account }) => {
    const today = addDays('2026-01-01', day);
    const book = booksOf(seed, customer, today)[account] as AccountBook;
    return { customer, book, today, period: periodOf(book, addDays(today, -length), today) };
  });

describe('a Zengin 03 file of the bank', () => {
  it('has records of 200 bytes with opening + sum = closing, and counts and totals that agree, whatever the seed and period', () => {
    fc.assert(
      fc.property(anyPeriod, ({ customer, book, today, period }) => {
        const { records, header, data, trailer, end } = read(zenginFile(book.account, customer.holder, period, today));
        expect(header.slice(0, 3)).toEqual(['1', '03', '0']);
        expect(data.every(([kind]) => kind === '2')).toBe(true);
        const [into, out] = ['1', '2'].map((side) => data.filter((fields) => fields[4] === side).map((fields) => Number(fields[6])));
        const sum = (amounts: number[] | undefined): number => (amounts ?? []).reduce((total, amount) => total + amount, 0);
        expect(trailer.slice(0, 5).map(Number)).toEqual([8, into?.length, sum(into), out?.length, sum(out)]);
        expect(Number(trailer[7])).toBe(data.length);
        const opening = signed(header[14], header[16]);
        expect(opening + sum(into) - sum(out)).toBe(signed(trailer[5], trailer[6]));
        expect([opening, signed(trailer[5], trailer[6])]).toEqual([period.opening, period.balance]);
        expect(end.slice(0, 3).map(Number)).toEqual([9, records.length, 1]);
      }),
      { numRuns: 30, seed: 3 },
    );
  });

  it('writes days in the Reiwa era, kana without the prolonged sound mark, and corrections as 19 with the day of the mistake', () => {
    const book = booksOf(1, hanako, '2026-11-20')[0] as AccountBook;
    const { header, data } = read(zenginFile(book.account, hanako.holder, book, '2026-11-20'));
    expect(header.slice(3, 7)).toEqual(['081120', `08${book.from.slice(5, 7)}01`, '081120', '0999']);
    expect(data.flat().join('')).not.toContain('ｰ');
    const corrections = data.filter((fields) => fields[5] === '19');
    expect(corrections.length).toBeGreaterThan(0);
    for (const [, , booked, counted] of corrections) expect(Number(counted)).toBeLessThan(Number(booked));
  });

  it('says that a period was empty by a trailer of zeros', () => {
    const taro = CUSTOMERS[1] as (typeof CUSTOMERS)[number];
    const book = booksOf(1, taro, '2026-11-20')[3] as AccountBook;
    const { data, trailer } = read(zenginFile(book.account, taro.holder, book, '2026-11-20'));
    expect(data).toEqual([]);
    expect(trailer.slice(1, 5).map(Number)).toEqual([0, 0, 0, 0]);
  });
});
