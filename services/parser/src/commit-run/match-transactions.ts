/**
 * Which of the entries just read are stored already. Multiset matching: equal entries have equal fingerprints and are
 * told apart by counting alone, so that an entry fetched again is found and a true twin is kept.
 */
import { sha256 } from '@enishi/crypto';
import type { StagedMoney, StagedTransaction } from '../read-page/staged-page.js';
import { moneyKey } from '../read-statement/money.js';

const keyOf = ({ minor, scale }: StagedMoney) => moneyKey({ minor: BigInt(minor), scale });

/** As it is compared, not as it is shown: widths of kana and runs of blanks differ between a bank's own channels. */
function comparable(text: string | null): string {
  return (text ?? '').normalize('NFKC').replaceAll(/\s+/gu, ' ').trim();
}

/**
 * Days, amount, currency, texts, and the balance where there is one. Not the bank's own id: banks use them again.
 * v1 is part of the hash: another way to make it must come with a way to carry the old rows over.
 */
export function fingerprintOf(entry: StagedTransaction, currency: string): string {
  const parts = [
    'v1', entry.date, entry.valueDate, keyOf(entry.amount), currency,
    comparable(entry.description), comparable(entry.counterparty), entry.balance && keyOf(entry.balance),
  ]; // biome-ignore format: one line of the fingerprint
  return sha256(JSON.stringify(parts));
}

export interface StoredEntry {
  transactionId: string;
  fingerprint: string;
  /** From 1 without gaps, among equal fingerprints of the account. */
  occurrence: number;
}

export interface MatchPlan<T> {
  add: { entry: T; fingerprint: string; occurrence: number }[];
  /** Stored entries that were read again. */
  again: string[];
}

/**
 * `read`: all that was read of one account, each entry once. `stored`: all stored entries of the account with one of
 * their fingerprints. Afterwards there are max(read, stored) of each.
 */
export function matchTransactions<T extends StagedTransaction>(
  read: readonly T[],
  stored: readonly StoredEntry[],
  currency: string,
): MatchPlan<T> {
  const known = Map.groupBy(stored, ({ fingerprint }) => fingerprint);
  const counted = new Map<string, number>();
  const plan: MatchPlan<T> = { add: [], again: [] };
  for (const entry of read) {
    const fingerprint = fingerprintOf(entry, currency);
    const number = (counted.get(fingerprint) ?? 0) + 1;
    counted.set(fingerprint, number);
    const equal = known.get(fingerprint)?.toSorted((a, b) => a.occurrence - b.occurrence) ?? [];
    const same = equal[number - 1];
    if (same) plan.again.push(same.transactionId);
    // Above the highest: an erased twin may have left a gap below.
    else plan.add.push({ entry, fingerprint, occurrence: (equal.at(-1)?.occurrence ?? 0) + number - equal.length });
  }
  return plan;
}
