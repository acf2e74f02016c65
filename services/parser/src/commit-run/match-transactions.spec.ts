import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { StagedTransaction } from '../read-page/staged-page.js';
import { fingerprintOf, matchTransactions, type StoredEntry } from './match-transactions.js';

const entry = (date: string, amount: number, description: string, balance: number | null = null): StagedTransaction => ({
  bankId: null,
  date,
  valueDate: null,
  amount: { minor: String(amount), scale: 0 },
  description,
  counterparty: null,
  balance: balance === null ? null : { minor: String(balance), scale: 0 },
});

/** A ledger in memory that holds the same unique key as the table: an equal (fingerprint, occurrence) cannot be stored twice. */
class Ledger {
  readonly stored: (StoredEntry & { entry: StagedTransaction })[] = [];

  /** Gives how many were added. */
  take(read: readonly StagedTransaction[]): number {
    const wanted = new Set(read.map((one) => fingerprintOf(one, 'JPY')));
    const { add, again } = matchTransactions(
      read,
      this.stored.filter((one) => wanted.has(one.fingerprint)),
      'JPY',
    );
    if (new Set(again).size < again.length) throw new Error('a stored entry was found twice');
    for (const { entry: fresh, fingerprint, occurrence } of add) {
      if (this.stored.some((one) => one.fingerprint === fingerprint && one.occurrence === occurrence)) throw new Error('unique key');
      this.stored.push({ transactionId: `t${this.stored.length}`, fingerprint, occurrence, entry: fresh });
    }
    return add.length;
  }
}

describe('A5 entries that were read before', () => {
  it('are found again whatever the width of the kana and the blanks', () => {
    expect(fingerprintOf(entry('2026-10-05', -450, 'ｺｰﾋｰ  ﾃﾝ'), 'JPY')).toBe(
      fingerprintOf(entry('2026-10-05', -450, 'コーヒー テン'), 'JPY'),
    );
  });
  it('are others when a day, the amount, the text or the balance differs', () => {
    const all = [
      entry('2026-10-05', -450, 'a'),
      entry('2026-10-06', -450, 'a'),
      entry('2026-10-05', 450, 'a'),
      entry('2026-10-05', -450, 'b'),
      entry('2026-10-05', -450, 'a', 100),
      { ...entry('2026-10-05', -450, 'a'), valueDate: '2026-10-06' },
      { ...entry('2026-10-05', -450, 'a'), counterparty: 'c' },
    ];
    expect(new Set(all.map((one) => fingerprintOf(one, 'JPY'))).size).toBe(all.length);
  });
  it('are the same although the bank gives them another id of its own: banks use ids again', () => {
    expect(fingerprintOf({ ...entry('2026-10-05', 1, 'a'), bankId: '1' }, 'JPY')).toBe(
      fingerprintOf({ ...entry('2026-10-05', 1, 'a'), bankId: '2' }, 'JPY'),
    );
  });
  it('true twins: two equal coffees stay two, a third makes three, and none is made of two', () => {
    const ledger = new Ledger();
    const coffee = entry('2026-10-05', -450, 'coffee');
    expect(ledger.take([coffee, coffee])).toBe(2);
    expect(ledger.take([coffee, coffee])).toBe(0);
    expect(ledger.take([coffee])).toBe(0);
    expect(ledger.take([coffee, coffee, coffee])).toBe(1);
  });
  it('keeps the numbers apart after a twin was erased', () => {
    const coffee = entry('2026-10-05', -450, 'coffee');
    const fingerprint = fingerprintOf(coffee, 'JPY');
    const plan = matchTransactions([coffee, coffee], [{ transactionId: 't2', fingerprint, occurrence: 2 }], 'JPY');
    expect(plan).toMatchObject({ again: ['t2'], add: [{ occurrence: 3 }] });
  });
});

describe('A5 histories', () => {
  const DAYS = Array.from({ length: 12 }, (_, i) => `2026-10-${String(i + 1).padStart(2, '0')}`);
  // Few amounts and texts, so that twins are common.
  const booked = fc.record({
    day: fc.nat(DAYS.length - 1),
    amount: fc.constantFrom(-450, -450, -1200, 3000),
    text: fc.constantFrom('coffee', 'rent', 'ｺｰﾋｰ'),
  });
  const history = fc.array(booked, { maxLength: 40 }).map((list) => list.toSorted((a, b) => a.day - b.day));
  /** A fetch: whole days from … to, made when the bank had booked up to `until`. */
  const fetches = fc.array(fc.record({ from: fc.nat(11), to: fc.nat(11), until: fc.nat(40), reversed: fc.boolean() }), { maxLength: 8 });

  it('end in the exact multiset, whatever the order and the overlaps of the fetches', () => {
    fc.assert(
      fc.property(history, fetches, (all, list) => {
        const entries = all.map(({ day, amount, text }) => entry(DAYS[day] as string, amount, text));
        const ledger = new Ledger();
        const seen = (from: number, to: number, until: number) =>
          entries.filter((one, i) => i < until && one.date >= (DAYS[from] as string) && one.date <= (DAYS[to] as string));
        for (const { from, to, until, reversed } of list) {
          const part = seen(Math.min(from, to), Math.max(from, to), until);
          ledger.take(reversed ? part.toReversed() : part);
        }
        ledger.take(entries);
        ledger.take(entries.toReversed());
        const sorted = (rows: readonly StagedTransaction[]) => rows.map((one) => fingerprintOf(one, 'JPY')).toSorted();
        expect(sorted(ledger.stored.map((one) => one.entry))).toEqual(sorted(entries));
      }),
      { numRuns: 1_000 },
    );
  });

  it('lose nothing that was read, whatever another channel of the bank has stored: rather twice (ADR 0011)', () => {
    const count = (rows: readonly StagedTransaction[]) => {
      const counts = new Map<string, number>();
      for (const one of rows.map((row) => fingerprintOf(row, 'JPY'))) counts.set(one, (counts.get(one) ?? 0) + 1);
      return counts;
    };
    fc.assert(
      fc.property(history, fc.nat(40), fc.nat(40), (all, first, until) => {
        // One channel prints balances, the other does not and has its own words for some entries.
        const html = all.map(({ day, amount, text }, i) => entry(DAYS[day] as string, amount, text, i));
        const zengin = all.map(({ day, amount, text }) => entry(DAYS[day] as string, amount, text === 'rent' ? 'フリコミ' : text));
        const ledger = new Ledger();
        ledger.take(html.slice(0, first));
        // Cut at its beginning, in the middle of a day if it must be.
        const read = zengin.slice(until);
        ledger.take(read);
        const stored = count(ledger.stored.map((one) => one.entry));
        for (const [fingerprint, times] of count(read)) expect(stored.get(fingerprint)).toBe(times);
        // Again, nothing is added: the channel itself stays exact.
        expect(ledger.take(read)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
