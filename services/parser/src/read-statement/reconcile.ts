/** Whether opening + sum = closing, and where a list with running balances begins and ends. */
import { type Money, minus, moneyKey, plus, sumOf } from './money.js';
import type { BalanceAt, ReadTransaction, StatementReconciliation } from './statement-file.js';

export function reconcile(opening: BalanceAt | null, closing: BalanceAt | null, amounts: readonly Money[]): StatementReconciliation {
  if (!opening || !closing) return { state: 'unknown', delta: null };
  const delta = minus(closing.amount, plus(opening.amount, sumOf(amounts)));
  return { state: delta.minor === 0n ? 'reconciled' : 'mismatch', delta };
}

export interface BalanceChain {
  opening: BalanceAt;
  closing: BalanceAt;
  /** Every balance follows from another one: no entry is missing between the first and the last. */
  unbroken: boolean;
}

type Entry = Pick<ReadTransaction, 'date' | 'amount' | 'balance'>;

/** Oldest first: by dates; when they do not tell, by the direction in which more balances follow from the one before. */
export function oldestFirst<T extends Entry>(entries: readonly T[]): readonly T[] {
  const dates = entries.map((entry) => entry.date).filter((date) => date !== null);
  const [first, last] = [dates[0], dates.at(-1)];
  if (first && last && first !== last) return first < last ? entries : entries.toReversed();
  const follows = (list: readonly T[]) =>
    list.filter((entry, i) => {
      const before = list[i - 1]?.balance;
      return before && entry.balance && moneyKey(plus(before, entry.amount)) === moneyKey(entry.balance);
    }).length;
  const reversed = entries.toReversed();
  return follows(reversed) > follows(entries) ? reversed : entries;
}

/**
 * Opening and closing of a list in which every entry shows the balance after it. Does not depend on the order
 * within a day: the opening is the one "balance before" that is nobody's "balance after", and so the closing.
 * Null when an entry has no balance.
 */
export function balanceChain(entries: readonly Entry[]): BalanceChain | null {
  const ordered = oldestFirst(entries);
  const first = ordered[0];
  const last = ordered.at(-1);
  if (!first?.balance || !last?.balance) return null;
  const open = new Map<string, { count: number; money: Money }>();
  const count = (money: Money, by: number) => {
    const key = moneyKey(money);
    const now = open.get(key)?.count ?? 0;
    open.set(key, { count: now + by, money });
  };
  for (const { amount, balance } of ordered) {
    if (!balance) return null;
    count(minus(balance, amount), 1);
    count(balance, -1);
  }
  const ends = [...open.values()].filter((end) => end.count !== 0);
  const before = ends.filter((end) => end.count === 1);
  const after = ends.filter((end) => end.count === -1);
  if (ends.length === 2 && before[0] && after[0])
    return {
      opening: { amount: before[0].money, date: first.date },
      closing: { amount: after[0].money, date: last.date },
      unbroken: true,
    };
  // No ends at all: it closes where it opened. More than two: it is broken, and its order in the file is all there is.
  return {
    opening: { amount: minus(first.balance, first.amount), date: first.date },
    closing: { amount: last.balance, date: last.date },
    unbroken: ends.length === 0,
  };
}
