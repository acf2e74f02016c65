import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Booked, CHANNELS, type Channel, DAYS, dayName, history, MovingBank, Witness } from '../../test/moving-bank.js';
import type { StagedTransaction } from '../read-page/staged-page.js';
import { fingerprintOf, type MatchPlan, matchTransactions, type StoredEntry } from './match-transactions.js';

const entry = (
  date: string,
  amount: number,
  description: string,
  balance: number | null = null,
  bankId: string | null = null,
): StagedTransaction => ({
  bankId,
  date,
  valueDate: null,
  amount: { minor: String(amount), scale: 0 },
  description,
  counterparty: null,
  balance: balance === null ? null : { minor: String(balance), scale: 0 },
});
const all = () => true;
const none = () => false;

/** A ledger in memory that holds the same unique key as the table: an equal (fingerprint, occurrence) cannot be stored twice. */
class Ledger {
  stored: StoredEntry[] = [];
  private ids = 0;

  take(
    read: readonly StagedTransaction[],
    { channel = 'csv', isWhole = all }: { channel?: string; isWhole?: (day: string) => boolean } = {},
  ) {
    const plan: MatchPlan<StagedTransaction> = matchTransactions({ read, stored: this.stored, currency: 'JPY', channel, isWhole });
    const found = [...plan.same, ...plan.revise.map((one) => one.transactionId), ...plan.withdraw.map((one) => one.transactionId)];
    if (new Set(found).size < found.length) throw new Error('a stored entry was found twice');
    for (const { transactionId, entry: now, channel: words, fingerprint, occurrence } of plan.revise)
      this.stored = this.stored.map((one) =>
        one.transactionId === transactionId ? { ...one, ...now, fingerprint, occurrence, channel: words, withdrawn: false } : one,
      );
    this.stored = this.stored.map((one) => (plan.withdraw.includes(one) ? { ...one, withdrawn: true } : one));
    for (const { entry: fresh, fingerprint, occurrence } of plan.add)
      this.stored.push({ ...fresh, transactionId: `t${++this.ids}`, fingerprint, occurrence, channel, withdrawn: false });
    const keys = this.stored.map((one) => `${one.fingerprint} ${one.occurrence}`);
    if (new Set(keys).size < keys.length) throw new Error('unique key');
    return plan;
  }

  /** Ids of what is not withdrawn, in the order of insertion. */
  get live(): string[] {
    return this.stored.flatMap((one) => (one.withdrawn ? [] : [one.transactionId]));
  }

  of(id: string): StoredEntry | undefined {
    return this.stored.find((one) => one.transactionId === id);
  }
}

/** Reads `first`, then `second`, and gives the ids of the second reading's entries by their place in the ledger. */
function after(first: StagedTransaction[], second: StagedTransaction[], isWhole = all): Ledger {
  const ledger = new Ledger();
  ledger.take(first, { isWhole });
  ledger.take(second, { isWhole });
  return ledger;
}

describe('A5 entries that were read before', () => {
  it('are found again whatever the width of the kana and the blanks', () => {
    expect(fingerprintOf(entry('2026-10-05', -450, 'ｺｰﾋｰ  ﾃﾝ'), 'JPY')).toBe(
      fingerprintOf(entry('2026-10-05', -450, 'コーヒー テン'), 'JPY'),
    );
  });
  it('have another fingerprint when a day, the amount, the text or the balance differs', () => {
    const others = [
      entry('2026-10-05', -450, 'a'),
      entry('2026-10-06', -450, 'a'),
      entry('2026-10-05', 450, 'a'),
      entry('2026-10-05', -450, 'b'),
      entry('2026-10-05', -450, 'a', 100),
      { ...entry('2026-10-05', -450, 'a'), valueDate: '2026-10-06' },
      { ...entry('2026-10-05', -450, 'a'), counterparty: 'c' },
    ];
    expect(new Set(others.map((one) => fingerprintOf(one, 'JPY'))).size).toBe(others.length);
  });
  it('true twins: two equal coffees stay two, a third makes three, and one that the bank takes away is withdrawn', () => {
    const ledger = new Ledger();
    const coffee = entry('2026-10-05', -450, 'coffee');
    ledger.take([coffee, coffee]);
    expect(ledger.live).toEqual(['t1', 't2']);
    ledger.take([coffee, coffee, coffee]);
    expect(ledger.live).toEqual(['t1', 't2', 't3']);
    ledger.take([coffee, coffee]);
    expect(ledger.live).toEqual(['t1', 't2']);
  });
  it('an entry that comes back comes back under its id', () => {
    const ledger = new Ledger();
    const [coffee, rent] = [entry('2026-10-05', -450, 'coffee', 550), entry('2026-10-06', -9_000, 'rent', -8_450)];
    ledger.take([coffee, rent]);
    ledger.take([{ ...rent, balance: null }]);
    expect(ledger.live).toEqual(['t2']);
    const plan = ledger.take([coffee, rent]);
    expect(ledger.live).toEqual(['t1', 't2']);
    expect(plan.add).toEqual([]);
  });
});

describe('A5 the rounds', () => {
  it('the id of the bank tells twins apart', () => {
    const ledger = after(
      [entry('2026-10-05', -450, 'a', null, 'N1'), entry('2026-10-05', -450, 'a', null, 'N2')],
      [entry('2026-10-05', -450, 'a', null, 'N2')],
    );
    expect(ledger.live).toEqual(['t2']);
  });
  it('the id of the bank finds an entry whose amount and words were corrected', () => {
    const ledger = after(
      [entry('2026-10-05', -450, 'a', null, 'N1'), entry('2026-10-05', -70, 'b')],
      [entry('2026-10-05', -500, 'c', null, 'N1')],
    );
    expect(ledger.live).toEqual(['t1']);
    expect(ledger.of('t1')).toMatchObject({ amount: { minor: '-500' }, description: 'c' });
  });
  it('an id of the bank that it gives anew in each list changes no entry that did not change', () => {
    const ledger = after(
      [entry('2026-10-05', -450, 'coffee', null, '1'), entry('2026-10-05', -800, 'tea', null, '2')],
      [
        entry('2026-10-05', -10, 'late', null, '1'),
        entry('2026-10-05', -450, 'coffee', null, '2'),
        entry('2026-10-05', -800, 'tea', null, '3'),
      ],
    );
    expect(['t1', 't2', 't3'].map((id) => ledger.of(id)?.description)).toEqual(['coffee', 'tea', 'late']);
  });
  it('exact comes before amount and day: a text that is filled in takes no other entry of its amount', () => {
    const ledger = after(
      [entry('2026-10-05', -450, ''), entry('2026-10-05', -450, 'coffee')],
      [entry('2026-10-05', -450, 'coffee'), entry('2026-10-05', -450, 'tea')],
    );
    expect(['t1', 't2'].map((id) => ledger.of(id)?.description)).toEqual(['tea', 'coffee']);
    expect(ledger.stored).toHaveLength(2);
  });
  it('exact: of two with the same words each is found again by its balance, in whatever order they come', () => {
    const [one, other] = [entry('2026-10-05', -450, 'coffee', 550), entry('2026-10-05', -450, 'coffee', 100)];
    const ledger = new Ledger();
    ledger.take([one, other]);
    expect(ledger.take([other, one])).toMatchObject({ add: [], revise: [], withdraw: [] });
  });
  it('amount and day: of several, the most alike in words', () => {
    const ledger = after(
      [entry('2026-10-05', -450, 'フリコミ ヤマダ'), entry('2026-10-05', -450, 'フリコミ サトウ')],
      [entry('2026-10-05', -450, 'フリコミ サトウサマ'), entry('2026-10-05', -450, 'フリコミ ヤマダサマ')],
    );
    expect(ledger.of('t1')?.description).toBe('フリコミ ヤマダサマ');
  });
  it('nearest: booked on another day, up to ten days apart, the nearest first', () => {
    const ledger = after([entry('2026-10-05', -450, 'coffee')], [entry('2026-10-09', -450, 'coffee'), entry('2026-10-06', -450, 'coffee')]);
    expect(ledger.of('t1')?.date).toBe('2026-10-06');
    const far = after([entry('2026-10-05', -450, 'coffee')], [entry('2026-10-16', -450, 'coffee')]);
    expect(far.live).toEqual(['t2']);
  });
  it('nearest: words that are not alike are another entry', () => {
    expect(after([entry('2026-10-05', -450, 'coffee')], [entry('2026-10-06', -450, 'rent')]).live).toEqual(['t2']);
  });
  it('nearest: a corrected amount, on the same day and with the same words', () => {
    expect(after([entry('2026-10-05', -450, 'coffee')], [entry('2026-10-05', -540, 'coffee')]).live).toEqual(['t1']);
    expect(after([entry('2026-10-05', -450, 'coffee')], [entry('2026-10-05', -540, 'tea')]).live).toEqual(['t2']);
  });
  it('a change is told as one when the bank made it, and not when only the channel has other words', () => {
    const ledger = new Ledger();
    ledger.take([entry('2026-10-05', -450, 'coffee')], { channel: 'csv' });
    expect(ledger.take([entry('2026-10-05', -450, 'COFFEE SHOP')], { channel: 'html' }).revise).toMatchObject([{ told: false }]);
    expect(ledger.take([entry('2026-10-05', -450, 'coffee bar')], { channel: 'html' }).revise).toMatchObject([{ told: true }]);
    expect(ledger.live).toEqual(['t1']);
  });
  it('what a channel does not print stays as another one printed it', () => {
    const ledger = new Ledger();
    ledger.take([{ ...entry('2026-10-05', -450, 'coffee', 550, 'N1'), valueDate: '2026-10-06' }]);
    for (let i = 0; i < 2; i++) ledger.take([entry('2026-10-05', -450, '')], { channel: 'zengin03' });
    expect(ledger.of('t1')).toMatchObject({ description: 'coffee', valueDate: '2026-10-06', bankId: 'N1', balance: { minor: '550' } });
  });
});

describe('A5 on a day that a reading may show in part', () => {
  it('nothing is withdrawn', () => {
    expect(after([entry('2026-10-05', -450, 'a')], [entry('2026-10-05', -70, 'b')], none).live).toEqual(['t1', 't2']);
  });
  it('the same words with another balance are another entry: rather twice than lost', () => {
    const [morning, evening] = [entry('2026-10-05', -10_000, 'ATM', 90_000), entry('2026-10-05', -10_000, 'ATM', 80_000)];
    expect(after([morning], [evening], none).live).toEqual(['t1', 't2']);
  });
  it('an entry is found again by its words, or by its balance when the words were filled in', () => {
    expect(after([entry('2026-10-05', -450, 'a')], [entry('2026-10-05', -450, 'a', 550)], none).live).toEqual(['t1']);
    expect(after([entry('2026-10-05', -450, '', 550)], [entry('2026-10-05', -450, 'a', 550)], none).live).toEqual(['t1']);
    expect(after([entry('2026-10-05', -450, '')], [entry('2026-10-05', -450, 'a')], none).live).toEqual(['t1', 't2']);
  });
});

describe('A5 whatever the bank does to its books, in any order, read through any channel', () => {
  const wordsIn = (channel: Channel, one: Booked) => {
    const bank = new MovingBank();
    bank.books.push(one);
    const [shown] = bank.printed(channel, 1, DAYS);
    return shown ? `${shown.description} ${shown.counterparty ?? ''}`.trim() : '';
  };

  it('after each reading the ledger holds exactly what the bank holds of its days, and what did not change keeps its id', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const bank = new MovingBank();
        const ledger = new Ledger();
        const witness = new Witness(bank);
        for (const { deeds, reading } of steps) {
          for (const one of deeds) bank.do(one);
          const [from, to] = [Math.min(reading.from, reading.to), Math.max(reading.from, reading.to)];
          const inside = (day: string) => day >= dayName(from) && day <= dayName(to);
          const outside = ledger.stored.filter((one) => !inside(one.date));
          const rest = ledger.stored.filter((one) => inside(one.date));
          ledger.stored = rest;
          ledger.take(bank.printed(reading.channel, from, to), { channel: reading.channel, isWhole: inside });
          const shown = ledger.stored
            .filter((one) => !one.withdrawn)
            .map((one) => ({
              id: one.transactionId,
              day: Number(one.date.slice(-2)),
              amount: Number(one.amount.minor),
              words: `${one.description} ${one.counterparty ?? ''}`.trim(),
            }));
          ledger.stored = [...outside, ...ledger.stored];
          expect(witness.wrongs({ from, to }, shown, (one) => wordsIn(reading.channel, one))).toEqual([]);
          const again = ledger.take(bank.printed(reading.channel, from, to), { channel: reading.channel, isWhole: inside });
          expect([again.add, again.revise, again.withdraw]).toEqual([[], [], []]);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it.each(CHANNELS)('the same reading again changes nothing (%s)', (channel) => {
    fc.assert(
      fc.property(history, (steps) => {
        const bank = new MovingBank();
        for (const one of steps.flatMap(({ deeds }) => deeds)) bank.do(one);
        const ledger = new Ledger();
        ledger.take(bank.printed(channel, 1, DAYS), { channel });
        const plan = ledger.take(bank.printed(channel, 1, DAYS), { channel });
        expect([plan.add, plan.revise, plan.withdraw]).toEqual([[], [], []]);
      }),
    );
  });

  it('exact comes first: of more entries than are weighed, in another order, each is found again', () => {
    const many = Array.from({ length: 500 }, (_, i) => entry('2026-10-05', -450, `コーヒー ${i}`));
    const ledger = new Ledger();
    ledger.take(many);
    expect(ledger.take(many.toReversed())).toMatchObject({ add: [], revise: [], withdraw: [] });
  });

  it('two thousand entries that are all alike but for their words are not all weighed against each other', () => {
    const first = Array.from({ length: 2_000 }, (_, i) => entry('2026-10-05', -450, `フリコミ ${i}`));
    const ledger = new Ledger();
    ledger.take(first);
    const startedAt = performance.now();
    const plan = matchTransactions({
      read: first.map((one) => ({ ...one, description: `${one.description} サマ` })),
      stored: ledger.stored,
      currency: 'JPY',
      channel: 'html',
      isWhole: all,
    });
    // Four million pairs take many seconds.
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect([plan.add.length, plan.withdraw.length, plan.revise.length]).toEqual([0, 0, 2_000]);
  });
});
