/** A bank whose books do not stand still, for tests: what it holds of one account, what it does to it, and how its channels print it. */
import fc from 'fast-check';
import type { StagedTransaction } from '../src/read-page/staged-page.js';

export const CHANNELS = ['html', 'csv', 'zengin03'] as const;
export type Channel = (typeof CHANNELS)[number];
/** Days of the account, from 1; all in October 2026. */
export const DAYS = 12;
export const OPENING = 100_000;
export const dayName = (day: number): string => `2026-10-${String(day).padStart(2, '0')}`;

export interface Booked {
  day: number;
  amount: number;
  text: string;
  payee: string;
  /** The bank's own id, where a channel prints a lasting one. */
  id: string;
}

export type Deed =
  | { kind: 'book'; day: number; amount: number; text: string }
  | { kind: 'fillIn' | 'delete' | 'correct' | 'move' | 'swap'; which: number; by: number };

// Few amounts and texts, so that twins are common.
const AMOUNTS = [-450, -450, -1_200, 3_000];
const TEXTS = ['ミテイ', 'コーヒー', 'ヤチン', 'フリコミ'];

export const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('book' as const),
      day: fc.integer({ min: 1, max: DAYS }),
      amount: fc.constantFrom(...AMOUNTS),
      text: fc.constantFrom(...TEXTS),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('fillIn' as const, 'delete' as const, 'correct' as const, 'move' as const, 'swap' as const),
      which: fc.nat(1_000),
      by: fc.integer({ min: 1, max: 3 }),
    }),
  },
);
export const reading = fc.record({
  channel: fc.constantFrom(...CHANNELS),
  from: fc.integer({ min: 1, max: DAYS }),
  to: fc.integer({ min: 1, max: DAYS }),
  /** Whether an HTML list states its period, and the list of accounts the day of its balances; files do. */
  tellsDays: fc.boolean(),
});
/** Some deeds, then a reading, again and again. */
export const history = fc.array(fc.record({ deeds: fc.array(deed, { maxLength: 6 }), reading }), { minLength: 1, maxLength: 8 });

export class MovingBank {
  /** In the bank's order. */
  books: Booked[] = [];
  /** Entries that have changed since they were last read. */
  readonly touched = new Set<Booked>();
  private ids = 0;

  do(done: Deed): void {
    if (done.kind === 'book') {
      const fresh = {
        day: done.day,
        amount: done.amount,
        text: done.text,
        payee: done.text === 'フリコミ' ? 'ヤマダ ハナコ' : '',
        id: `N${++this.ids}`,
      };
      this.touched.add(fresh);
      // After the others of its day; on a day that is past, it is an entry that was booked late.
      this.books = [...this.books.filter((one) => one.day <= done.day), fresh, ...this.books.filter((one) => one.day > done.day)];
      return;
    }
    const at = done.which % Math.max(1, this.books.length);
    const one = this.books[at];
    if (!one) return;
    if (done.kind === 'swap') {
      const next = this.books[at + 1];
      if (next?.day === one.day) this.books.splice(at, 2, next, one);
      return;
    }
    this.touched.add(one);
    if (done.kind === 'delete') this.books.splice(at, 1);
    if (done.kind === 'fillIn') one.text = TEXTS[done.by] as string;
    if (done.kind === 'correct') one.amount += done.by;
    if (done.kind === 'move') {
      one.day = Math.min(DAYS, one.day + done.by);
      this.books = this.books.toSorted((a, b) => a.day - b.day);
    }
  }

  within(from: number, to: number): Booked[] {
    return this.books.filter(({ day }) => day >= from && day <= to);
  }

  /** The balance before this day. */
  balanceBefore(day: number): number {
    return this.within(1, day - 1).reduce((sum, { amount }) => sum + amount, OPENING);
  }

  /** As the channel prints them: html in one column and with a form of address, csv with lasting ids, zengin numbered anew and without balances. */
  printed(channel: Channel, from: number, to: number): StagedTransaction[] {
    let balance = this.balanceBefore(from);
    return this.within(from, to).map(({ day, amount, text, payee, id }, i) => {
      balance += amount;
      const words = {
        html: { description: `${text} ${payee && `${payee}サマ`}`.trim(), counterparty: null },
        csv: { description: text, counterparty: payee || null },
        zengin03: { description: text, counterparty: payee || null },
      }[channel];
      return {
        ...words,
        bankId: { html: null, csv: id, zengin03: String(i + 1).padStart(8, '0') }[channel],
        date: dayName(day),
        valueDate: null,
        amount: { minor: String(amount), scale: 0 },
        balance: channel === 'zengin03' ? null : { minor: String(balance), scale: 0 },
      };
    });
  }
}

export const classOf = ({ day, amount, text, payee }: Booked): string => JSON.stringify([day, amount, text, payee]);

/**
 * What a correct ledger shows after a reading: of each class of equal entries as many as the bank has, and the ids
 * of those that the bank has not touched since they were last read.
 */
export class Witness {
  /** Class → ids, as of the last reading of its days. */
  private readonly known = new Map<string, Set<string>>();
  private readonly readOnce = new Set<Booked>();

  constructor(private readonly bank: MovingBank) {}

  /** A day that was read, perhaps in part: which ids it has now is not known. */
  forget(day: number): void {
    for (const name of this.known.keys()) if ((JSON.parse(name) as [number])[0] === day) this.known.delete(name);
  }

  /** `shown`: ids and places of all live entries on these days, in any order. Gives what is wrong, in words. */
  wrongs(
    { from, to }: { from: number; to: number },
    shown: readonly { id: string; day: number; amount: number; words: string }[],
    wordsOf: (one: Booked) => string,
  ): string[] {
    const wrongs: string[] = [];
    const truth = this.bank.within(from, to);
    const place = (day: number, amount: number, words: string) => JSON.stringify([day, amount, words]);
    const ids = Map.groupBy(shown, (one) => place(one.day, one.amount, one.words));
    const wanted = Map.groupBy(truth, (one) => place(one.day, one.amount, wordsOf(one)));
    for (const key of new Set([...ids.keys(), ...wanted.keys()])) {
      const [stored, held] = [ids.get(key)?.length ?? 0, wanted.get(key)?.length ?? 0];
      if (stored !== held) wrongs.push(`${key}: ${stored} stored, the bank has ${held}`);
    }
    for (const [key, list] of wanted) {
      const now = new Set(ids.get(key)?.map((one) => one.id));
      const name = classOf(list[0] as Booked);
      const before = this.known.get(name) ?? new Set();
      const unchanged = list.filter((one) => this.readOnce.has(one) && !this.bank.touched.has(one)).length;
      if ([...now].filter((id) => before.has(id)).length < Math.min(unchanged, before.size))
        wrongs.push(`${key}: ${unchanged} unchanged, and their ids were ${[...before].join(' ')}, now ${[...now].join(' ')}`);
    }
    for (const [name] of this.known) {
      const day = (JSON.parse(name) as [number])[0];
      if (day >= from && day <= to) this.known.delete(name);
    }
    for (const [key, list] of wanted) this.known.set(classOf(list[0] as Booked), new Set(ids.get(key)?.map((one) => one.id)));
    for (const one of truth) {
      this.bank.touched.delete(one);
      this.readOnce.add(one);
    }
    return wrongs;
  }
}
