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
  /** Whose words its texts are. */
  channel: string | null;
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
/** Words that share half of their characters are alike; so are words and none, but not to change an amount. */
const ALIKE = 0.5;
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

  const exact: KeyOf = (entry) => printed(entry, currency);
  const bankId: KeyOf = (entry) => entry.bankId;
  const near = ({ days }: Distance) => days <= NEAR_DAYS;

  // The bank's own id, where nothing contradicts it: some banks number their entries anew in every list.
  open.pair((entry) => entry.bankId && key(entry.bankId, words(entry)));
  // Exact: all that a channel prints; then day, amount and words, which all channels print.
  open.pair(exact);
  open.pair(onWhole(words));
  // Of a day that may be cut, a second entry with the same words may be another one: the balance tells, where both have it.
  open.pair(onPart(withBalance(words)));
  open.pair(onPart(withBalance(amountAndDay)));
  open.pair(onPart(withoutBalance(words)), { read: onPart(words) });
  open.pair(onPart(words), { read: onPart(withoutBalance(words)) });
  // Amount and day, with words that are alike: what another channel prints of it.
  open.pairNearest({ among: onWhole(amountAndDay), fits: ({ alike }) => alike > ALIKE });
  // The bank's own id with other contents: a correction, if the id stands for one entry only.
  open.pairNearest({ among: onWhole(bankId), fits: near, only: true });
  // Amount and day: the words were filled in or changed.
  open.pairNearest({ among: onWhole(amountAndDay), fits: () => true });
  // A withdrawn entry that is back, after all that are there: it takes the place of none.
  open.pair(exact, { withdrawn: true });
  open.pair(onWhole(words), { withdrawn: true });
  open.pairNearest({ withdrawn: true, among: onWhole(bankId), fits: near, only: true });
  // Nearest: an entry that was booked on another day, then one whose amount was corrected.
  open.pairNearest({ among: onWhole((entry) => keyOf(entry.amount)), fits: (distance) => near(distance) && distance.alike >= ALIKE });
  open.pairNearest({ among: onWhole((entry) => entry.date), fits: ({ alike }) => alike > ALIKE });
  return planOf(open, matching);
}

interface Distance {
  days: number;
  /** 0 to 1, see `likeness`. */
  alike: number;
}
interface Round {
  withdrawn?: boolean;
  among: KeyOf;
  fits: (distance: Distance) => boolean;
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
      const inOrder = this.weighed > MAX_PAIRS;
      const wordsOfFound = found.map(charactersOf);
      const pairs: (Distance & { one: StoredEntry; entry: T })[] = [];
      for (const [i, one] of stored.entries()) {
        const wordsOfOne = charactersOf(one);
        for (const at of inOrder ? [i] : found.keys()) {
          const [entry, words] = [found[at], wordsOfFound[at]];
          if (!entry || !words) continue;
          const distance = { days: daysApart(one.date, entry.date), alike: likeness(wordsOfOne, words) };
          if (fits(distance)) pairs.push({ ...distance, one, entry });
        }
      }
      for (const { one, entry } of pairs.toSorted((a, b) => a.days - b.days || b.alike - a.alike)) this.take(one, entry);
    }
  }

  private *groups(ofStored: KeyOf, ofRead: KeyOf, withdrawn: boolean): Generator<[StoredEntry[], T[]]> {
    if (this.unread.size === 0) return;
    const stored = Map.groupBy(
      [...this.free].filter((entry) => entry.withdrawn === withdrawn),
      ofStored,
    );
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

function planOf<T extends StagedTransaction>(open: Pairing<T>, { stored, currency, channel, isWhole }: Matching<T>): MatchPlan<T> {
  const highest = new Map<string, number>();
  for (const { fingerprint, occurrence } of stored) highest.set(fingerprint, Math.max(occurrence, highest.get(fingerprint) ?? 0));
  /** Above the highest, so that no key is ever held twice, whatever is changed in whatever order. */
  const next = (fingerprint: string) => {
    const occurrence = (highest.get(fingerprint) ?? 0) + 1;
    highest.set(fingerprint, occurrence);
    return occurrence;
  };
  const plan: MatchPlan<T> = { add: [], revise: [], same: [], withdraw: [] };
  for (const entry of open.read) {
    const known = open.pairs.get(entry);
    const now = known ? completed(known, entry, channel) : { entry, channel };
    const fingerprint = fingerprintOf(now.entry, currency);
    if (!known) plan.add.push({ ...now, fingerprint, occurrence: next(fingerprint) });
    else if (isStored(known, now.entry, fingerprint)) plan.same.push(known.transactionId);
    else
      plan.revise.push({
        ...now,
        transactionId: known.transactionId,
        before: known,
        told: toldOtherwise(known, now.entry, now.channel),
        fingerprint,
        occurrence: known.fingerprint === fingerprint ? known.occurrence : next(fingerprint),
      });
  }
  plan.withdraw.push(...open.left().filter((entry) => isWhole(entry.date)));
  return plan;
}

/** What this channel does not print stays as another one printed it. */
function completed<T extends StagedTransaction>(
  known: StoredEntry,
  entry: T,
  channel: string | null,
): { entry: T; channel: string | null } {
  const wordless = wordsOf(entry) === '' && known.channel !== channel;
  const { description, counterparty } = wordless ? known : entry;
  const [valueDate, balance, bankId] = [entry.valueDate ?? known.valueDate, entry.balance ?? known.balance, entry.bankId ?? known.bankId];
  return { entry: { ...entry, description, counterparty, valueDate, balance, bankId }, channel: wordless ? known.channel : channel };
}

function isStored(known: StoredEntry, now: StagedTransaction, fingerprint: string): boolean {
  const sameTexts = known.description === now.description && known.counterparty === now.counterparty;
  return !known.withdrawn && known.fingerprint === fingerprint && known.bankId === now.bankId && sameTexts;
}

/** Other words from another channel are no news of the bank: two channels that take turns would make some at every reading. */
function toldOtherwise(known: StoredEntry, now: StagedTransaction, channel: string | null): boolean {
  if (known.withdrawn || known.date !== now.date || keyOf(known.amount) !== keyOf(now.amount)) return true;
  return known.channel === channel && wordsOf(known) !== wordsOf(now);
}

function daysApart(a: string, b: string): number {
  return Math.abs(Date.parse(`${a}T00:00:00Z`) - Date.parse(`${b}T00:00:00Z`)) / 86_400_000;
}

interface Characters {
  words: string;
  pairs: ReadonlySet<string>;
}

/** The words of an entry, and the pairs of neighbouring characters in their first 200. */
function charactersOf(entry: StagedTransaction): Characters {
  const words = wordsOf(entry);
  const plain = [...words.replaceAll(' ', '')].slice(0, 200);
  return { words, pairs: new Set(plain.slice(1).map((char, i) => `${plain[i]}${char}`)) };
}

/** 0 to 1: how many pairs of characters two entries' words share (Dice). Words that are not there yet may become any. */
function likeness(a: Characters, b: Characters): number {
  if (a.words === b.words) return 1;
  if (a.pairs.size === 0 || b.pairs.size === 0) return ALIKE;
  let shared = 0;
  for (const pair of a.pairs) if (b.pairs.has(pair)) shared += 1;
  return (2 * shared) / (a.pairs.size + b.pairs.size);
}
