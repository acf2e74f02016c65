/**
 * Which stored entries the entries just read are: pairs are found in rounds, the surest first, and what is paired keeps
 * its id. On days that the reading proves complete, it is authoritative: what is not found is added, what was not read
 * is withdrawn. On other days it only adds. (docs/adr/0018)
 */
import { sha256 } from '@enishi/crypto';
import type { StagedMoney, StagedTransaction } from '../read-page/staged-page.js';
import { moneyKey } from '../read-statement/money.js';

const keyOf = ({ minor, scale }: StagedMoney) => moneyKey({ minor: BigInt(minor), scale });

/** As it is compared, not as it is shown: widths of kana and runs of blanks differ between a bank's own channels. */
function comparable(text: string | null): string {
  return (text ?? '').normalize('NFKC').replaceAll(/\s+/gu, ' ').trim();
}

/** Description and counterparty together: what one channel prints in two columns stands in one in another. */
function wordsOf({ description, counterparty }: StagedTransaction): string {
  return comparable(`${description} ${counterparty ?? ''}`);
}

/** All that one channel prints, as text. */
function printed(entry: StagedTransaction, currency: string): string {
  const parts = [
    'v1', entry.date, entry.valueDate, keyOf(entry.amount), currency,
    comparable(entry.description), comparable(entry.counterparty), entry.balance && keyOf(entry.balance),
  ]; // biome-ignore format: one line of the fingerprint
  return JSON.stringify(parts);
}

/**
 * Days, amount, currency, texts, and the balance where there is one. Not the bank's own id: banks use them again.
 * v1 is part of the hash: another way to make it must come with a way to carry the old rows over.
 */
export function fingerprintOf(entry: StagedTransaction, currency: string): string {
  return sha256(printed(entry, currency));
}

export interface StoredEntry extends StagedTransaction {
  transactionId: string;
  fingerprint: string;
  /** From 1, among equal fingerprints of the account. */
  occurrence: number;
  withdrawn: boolean;
  /** Whose words the texts are; null: stored before channels were kept. */
  channel: string | null;
}

/** Where an entry stands in the table: the unique key beside the account. */
export interface Keyed<T> {
  entry: T;
  fingerprint: string;
  occurrence: number;
}
export interface MatchPlan<T> {
  add: Keyed<T>[];
  /** Stored entries that change. `told`: the bank shows it otherwise than before, or again; else only the channel's words differ. */
  revise: (Keyed<T> & { transactionId: string; before: StoredEntry; told: boolean })[];
  /** Stored entries that were read as they are. */
  same: string[];
  /** Stored entries that the bank does not show any more. */
  withdraw: StoredEntry[];
}

export interface Matching<T> {
  /** All that was read of one account, each entry once, in the bank's order. */
  read: readonly T[];
  /** All stored entries of the account on the days concerned, withdrawn ones too, in the order of their insertion. */
  stored: readonly StoredEntry[];
  currency: string;
  channel: string | null;
  /** Whether the reading proves this day complete. */
  isWhole: (day: string) => boolean;
}

/** A pair of the last round lies no further apart than this. */
export const NEAR_DAYS = 10;
/** Pairs that are weighed against each other in one matching, at most; beyond that, equal candidates are paired in their order. */
const MAX_PAIRS = 100_000;

type KeyOf = (entry: StagedTransaction) => string | null;
const key = (...parts: (string | null)[]) => JSON.stringify(parts);

export function matchTransactions<T extends StagedTransaction>(matching: Matching<T>): MatchPlan<T> {
  const { read, stored, currency, isWhole } = matching;
  const open = new Pairing(read, stored);
  const onWhole =
    (of: KeyOf): KeyOf =>
    (entry) =>
      isWhole(entry.date) ? of(entry) : null;
  const onPart =
    (of: KeyOf): KeyOf =>
    (entry) =>
      isWhole(entry.date) ? null : of(entry);
  const words: KeyOf = (entry) => key(entry.date, keyOf(entry.amount), wordsOf(entry));
  const amountAndDay: KeyOf = (entry) => key(entry.date, keyOf(entry.amount));
  const withBalance =
    (of: KeyOf): KeyOf =>
    (entry) =>
      entry.balance && key(of(entry), keyOf(entry.balance));
  const withoutBalance =
    (of: KeyOf): KeyOf =>
    (entry) =>
      entry.balance ? null : of(entry);

  // The bank's own id, where nothing contradicts it: some banks number their entries anew in every list.
  open.pair((entry) => entry.bankId && key(entry.bankId, words(entry)));
  // Exact: all that a channel prints; then day, amount and words, which all channels print. A withdrawn entry may come back.
  for (const withdrawn of [false, true]) {
    open.pair((entry) => printed(entry, currency), { withdrawn });
    open.pair(onWhole(words), { withdrawn });
  }
  // Of a day that may be cut, a second entry with the same words may be another one: the balance tells, where both have it.
  open.pair(onPart(withBalance(words)));
  open.pair(onPart(withBalance(amountAndDay)));
  open.pair(onPart(withoutBalance(words)), { read: onPart(words) });
  open.pair(onPart(words), { read: onPart(withoutBalance(words)) });
  // The bank's own id with other contents: a correction, if the id stands for one entry only.
  for (const withdrawn of [false, true])
    open.pairNearest({ withdrawn, among: onWhole((entry) => entry.bankId), fits: (a, b) => daysApart(a.date, b.date) <= NEAR_DAYS, only: true });
  // Amount and day: the words were filled in or changed. Most alike first.
  open.pairNearest({ among: onWhole(amountAndDay), fits: () => true });
  // Nearest: an entry that was booked on another day, then one whose amount was corrected.
  open.pairNearest({
    among: onWhole((entry) => keyOf(entry.amount)),
    fits: (a, b) => daysApart(a.date, b.date) <= NEAR_DAYS && likeness(a, b) >= 0.5,
  });
  open.pairNearest({ among: onWhole((entry) => key(entry.date, wordsOf(entry))), fits: () => true });
  return planOf(open, matching);
}

interface Round {
  withdrawn?: boolean;
  among: KeyOf;
  fits: (stored: StagedTransaction, read: StagedTransaction) => boolean;
  /** Only where one stored and one read entry have the key. */
  only?: boolean;
}

class Pairing<T extends StagedTransaction> {
  readonly pairs = new Map<T, StoredEntry>();
  private readonly free: Set<StoredEntry>;
  private readonly unread: Set<T>;
  private weighed = 0;
  readonly read: readonly T[];

  constructor(read: readonly T[], stored: readonly StoredEntry[]) {
    // Copies: one object that stands twice in a list is still two entries.
    this.read = read.map((entry) => ({ ...entry }));
    this.unread = new Set(this.read);
    this.free = new Set(stored);
  }

  /** Equal keys are paired in their order. */
  pair(keyOfStored: KeyOf, { withdrawn = false, read = keyOfStored }: { withdrawn?: boolean; read?: KeyOf } = {}): void {
    for (const [stored, found] of this.groups(keyOfStored, read, withdrawn))
      for (const [i, entry] of found.slice(0, stored.length).entries()) this.take(stored[i] as StoredEntry, entry);
  }

  /** Among equal keys, the pair that is nearest in days first, then the most alike in words, then in their order. */
  pairNearest({ withdrawn = false, among, fits, only = false }: Round): void {
    for (const [stored, found] of this.groups(among, among, withdrawn)) {
      if (only && (stored.length > 1 || found.length > 1)) continue;
      this.weighed += stored.length * found.length;
      if (this.weighed > MAX_PAIRS) {
        for (const [i, entry] of found.slice(0, stored.length).entries())
          if (fits(stored[i] as StoredEntry, entry)) this.take(stored[i] as StoredEntry, entry);
        continue;
      }
      const pairs = stored.flatMap((one) =>
        found
          .filter((entry) => fits(one, entry))
          .map((entry) => ({ one, entry, days: daysApart(one.date, entry.date), alike: likeness(one, entry) })),
      );
      for (const { one, entry } of pairs.toSorted((a, b) => a.days - b.days || b.alike - a.alike)) this.take(one, entry);
    }
  }

  private *groups(ofStored: KeyOf, ofRead: KeyOf, withdrawn: boolean): Generator<[StoredEntry[], T[]]> {
    if (this.unread.size === 0) return;
    const stored = Map.groupBy([...this.free].filter((entry) => entry.withdrawn === withdrawn), ofStored);
    if (stored.size === 0) return;
    for (const [shared, found] of Map.groupBy(this.unread, ofRead)) {
      const candidates = shared === null ? undefined : stored.get(shared);
      if (candidates) yield [candidates, found];
    }
  }

  private take(stored: StoredEntry, entry: T): void {
    if (!this.free.has(stored) || !this.unread.has(entry)) return;
    this.free.delete(stored);
    this.unread.delete(entry);
    this.pairs.set(entry, stored);
  }

  /** Stored and not withdrawn, and not read. */
  left(): StoredEntry[] {
    return [...this.free].filter((entry) => !entry.withdrawn);
  }
}

function planOf<T extends StagedTransaction>(
  open: Pairing<T>,
  { stored, currency, channel, isWhole }: Matching<T>,
): MatchPlan<T> {
  const highest = new Map<string, number>();
  for (const { fingerprint, occurrence } of stored) highest.set(fingerprint, Math.max(occurrence, highest.get(fingerprint) ?? 0));
  /** Above the highest, so that no key is ever held twice, whatever is changed in whatever order. */
  const keyed = (entry: T, fingerprint: string): Keyed<T> => {
    const occurrence = (highest.get(fingerprint) ?? 0) + 1;
    highest.set(fingerprint, occurrence);
    return { entry, fingerprint, occurrence };
  };
  const plan: MatchPlan<T> = { add: [], revise: [], same: [], withdraw: [] };
  for (const entry of open.read) {
    const known = open.pairs.get(entry);
    const now = known ? { ...entry, ...kept(known, entry) } : entry;
    const fingerprint = fingerprintOf(now, currency);
    if (!known) plan.add.push(keyed(now, fingerprint));
    else if (known.withdrawn || known.fingerprint !== fingerprint || known.bankId !== now.bankId || !sameTexts(known, now))
      plan.revise.push({
        transactionId: known.transactionId,
        before: known,
        told: toldOtherwise(known, now, channel),
        ...(known.fingerprint === fingerprint ? { entry: now, fingerprint, occurrence: known.occurrence } : keyed(now, fingerprint)),
      });
    else plan.same.push(known.transactionId);
  }
  plan.withdraw.push(...open.left().filter((entry) => isWhole(entry.date)));
  return plan;
}

/** What this channel does not print stays as another one printed it. */
function kept(known: StoredEntry, entry: StagedTransaction): Partial<StagedTransaction> {
  return {
    valueDate: entry.valueDate ?? known.valueDate,
    description: entry.description === '' && entry.counterparty === null ? known.description : entry.description,
    counterparty: entry.counterparty ?? (entry.description === '' ? known.counterparty : null),
    balance: entry.balance ?? known.balance,
    bankId: entry.bankId ?? known.bankId,
  };
}

function sameTexts(known: StagedTransaction, now: StagedTransaction): boolean {
  return known.description === now.description && known.counterparty === now.counterparty;
}

/** Other words from another channel are no news of the bank: two channels that take turns would make some at every reading. */
function toldOtherwise(known: StoredEntry, now: StagedTransaction, channel: string | null): boolean {
  if (known.withdrawn || known.date !== now.date || keyOf(known.amount) !== keyOf(now.amount)) return true;
  return known.channel === channel && wordsOf(known) !== wordsOf(now);
}

function daysApart(a: string, b: string): number {
  return Math.abs(Date.parse(`${a}T00:00:00Z`) - Date.parse(`${b}T00:00:00Z`)) / 86_400_000;
}

/** 0 to 1: how many pairs of neighbouring characters two entries' words share (Dice). Words that are not there yet are like all words. */
function likeness(a: StagedTransaction, b: StagedTransaction): number {
  const [one, other] = [bigrams(wordsOf(a)), bigrams(wordsOf(b))];
  if (wordsOf(a) === wordsOf(b) || one.size === 0 || other.size === 0) return 1;
  const shared = [...one].filter((pair) => other.has(pair)).length;
  return (2 * shared) / (one.size + other.size);
}

function bigrams(words: string): Set<string> {
  const plain = [...words.replaceAll(' ', '')].slice(0, 200);
  return new Set(plain.slice(1).map((char, i) => `${plain[i]}${char}`));
}
