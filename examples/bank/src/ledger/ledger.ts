/** The bank's books: every account of a customer with all entries that the bank still shows, made from the seed alone. */
import { addDays, type Day, firstOfMonthBack } from './calendar.js';
import { chanceOf } from './chance.js';
import { type BankAccount, type Customer, keyOf } from './customers.js';
import { type Movement, movementsOn } from './days.js';

/** All accounts were opened on this day; the books run from here, the bank shows the last months only. */
export const BOOKS_BEGIN: Day = '2025-01-01';
/** `today` may lie in these days, both included. */
export const FIRST_TODAY: Day = '2026-01-01';
export const LAST_TODAY: Day = '2035-12-31';

export interface Entry extends Movement {
  /** Yen after the entry. */
  readonly balance: number;
}

export interface AccountBook {
  readonly key: string;
  readonly account: BankAccount;
  /** First day that the bank still shows. */
  readonly from: Day;
  readonly to: Day;
  /** Yen before the first entry of `from`. */
  readonly opening: number;
  /** In booking order. */
  readonly entries: readonly Entry[];
  /** Yen after the last entry. */
  readonly balance: number;
}

/** A part of a book as the customer asked for it. */
export type Period = Pick<AccountBook, 'from' | 'to' | 'opening' | 'entries' | 'balance'>;

/** How many full months back the bank shows to this customer: 3 to 12, by the seed. */
function monthsShown(seed: number, customer: Customer): number {
  return chanceOf(seed, customer.name, 'months').between(3, 12);
}

/**
 * The books of a customer as they stand in the evening of `today`.
 * The same (seed, customer, today) gives the same books; a later `today` only adds at the end and drops at the front.
 */
export function booksOf(seed: number, customer: Customer, today: Day): readonly AccountBook[] {
  if (today < FIRST_TODAY || today > LAST_TODAY) throw new RangeError(`today must lie from ${FIRST_TODAY} to ${LAST_TODAY}`);
  const from = firstOfMonthBack(today, monthsShown(seed, customer));
  return customer.accounts.map((account) => {
    let balance = account.openedWith;
    let opening = balance;
    const entries: Entry[] = [];
    for (let day = BOOKS_BEGIN; day <= today; day = addDays(day, 1)) {
      if (day === from) opening = balance;
      for (const movement of movementsOn(account.life, day, seed, customer.name, account.number)) {
        balance += movement.amount;
        if (day >= from) entries.push({ ...movement, balance });
      }
    }
    return { key: keyOf(account), account, from, to: today, opening, entries, balance };
  });
}

/** The part of a book from `from` to `to`, cut to what the bank still shows. */
export function periodOf(book: AccountBook, from: Day, to: Day): Period {
  const first = from < book.from ? book.from : from;
  const last = to > book.to ? book.to : to;
  const before = book.entries.filter((entry) => entry.date < first).at(-1)?.balance ?? book.opening;
  const entries = book.entries.filter((entry) => entry.date >= first && entry.date <= last);
  return { from: first, to: last, opening: before, entries, balance: entries.at(-1)?.balance ?? before };
}
