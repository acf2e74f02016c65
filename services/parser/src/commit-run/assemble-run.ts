/** Puts the answers of a run together: accounts with their whole statements, or what is missing. Pure. */

import { bankDayOf } from '@enishi/contracts';
import type { StagedAccount, StagedMoney, StagedPage, StagedStatement, StagedTransaction } from '../read-page/staged-page.js';
import { accountKind, isForeignKind, kindsContradict } from '../read-statement/account-kind.js';
import { type Money, moneyKey } from '../read-statement/money.js';
import { type BalanceChain, balanceChain, oldestFirst, reconcile } from '../read-statement/reconcile.js';
import type { BalanceAt, StatementReconciliation } from '../read-statement/statement-file.js';
import { plainNumber } from './account-identity.js';
import { type Days, provenDays, spanOf } from './proven-days.js';

export interface RunPage {
  step: number;
  page: string | null;
  cause: string | null;
  staged: StagedPage | null;
  /** ISO 4217, of accounts whose own is not printed. */
  currency: string;
  /** When the bank answered. */
  answeredAt: Date;
}

export interface AssembledAccount {
  branch: string;
  branchName: string | null;
  type: string;
  kind: string;
  /** ISO 4217. */
  currency: string;
  number: string;
  balance: { amount: StagedMoney; asOf: string | null } | null;
  /** A statement was read, be it without entries; else it was listed only. */
  wasRead: boolean;
  /** Oldest first. */
  transactions: StagedTransaction[];
  opening: Money | null;
  closing: Money | null;
  /** Of the statement itself. */
  reconciliation: StatementReconciliation;
  /** Whose words the texts are. */
  channel: StagedStatement['channel'];
  /** The days that the statement proves complete; null: none. */
  proven: Days | null;
  /** These days, and all days of its entries; null: there are none. */
  span: Days | null;
  /** When the bank answered; of several pages, the first. */
  answeredAt: Date;
}

export interface AssembledRun {
  accounts: AssembledAccount[];
  /** What is missing or does not fit, in words without values; empty when the run is complete. */
  missing: string[];
  /** The list of accounts has as many as the bank says there are: an account that it lacks is closed. */
  listIsWhole: boolean;
}

export const toMoney = ({ minor, scale }: StagedMoney): Money => ({ minor: BigInt(minor), scale });

export function assembleRun(pages: readonly RunPage[]): AssembledRun {
  const missing = pages.filter((page) => page.cause !== null).map((page) => `step ${page.step}: ${page.cause}`);
  const currency = pages[0]?.currency ?? '';
  const listed = new Map<string, StagedAccount>();
  const statements: StagedStatement[] = [];
  const answers = new Map<StagedAccount | StagedStatement, Date>();
  for (const { staged, answeredAt } of pages) {
    for (const account of staged?.accounts ?? []) {
      listed.set(account.key, account);
      answers.set(account, answeredAt);
    }
    if (!staged?.statement) continue;
    statements.push(staged.statement);
    answers.set(staged.statement, answeredAt);
  }
  const declared = new Set(pages.flatMap(({ staged }) => (staged && staged.accounts.length > 0 ? [staged.accountsDeclared] : [])));
  const [count = null] = declared;
  if (declared.size > 1) missing.push('the lists of accounts declare different numbers: it changed while it was read');
  else if (count !== null && count !== listed.size) missing.push(`${listed.size} accounts of ${count} declared`);
  if (listed.size === 0 && statements.length === 0) missing.push('no account was read');
  const accounts: AssembledAccount[] = [];
  // A file without an account in its request is its own group: it says itself whose it is.
  const groups = Map.groupBy(statements, (statement) => statement.accountKey ?? `file ${statements.indexOf(statement)}`);
  for (const [i, [key, parts]] of [...groups].entries()) {
    const complain = (what: string) => missing.push(`account ${i + 1}: ${what}`);
    const answeredAt = new Date(Math.min(...parts.map((part) => Number(answers.get(part)))));
    const whole = wholeStatement(parts, complain);
    const account = listed.get(key) ?? ownAccount(whole);
    if (!account) complain('nothing says which account it is');
    else if (whole && !sameAccount(account, whole)) complain('the file is of another account');
    else if (whole && !account.currency && !whole.account?.currency && isForeignKind(whole.account?.kind ?? ''))
      complain('nothing says in which currency it is');
    else if (whole) accounts.push(assembled(account, whole, { listed: listed.has(key), currency, answeredAt }));
  }
  for (const account of listed.values())
    if (!groups.has(account.key))
      accounts.push(assembled(account, null, { listed: true, currency, answeredAt: answers.get(account) as Date }));
  const coordinates = accounts.map(({ branch, kind, currency, number }) => JSON.stringify([branch, kind, currency, plainNumber(number)]));
  if (new Set(coordinates).size < coordinates.length) missing.push('two accounts have the same branch, kind, currency and number');
  return { accounts: missing.length === 0 ? accounts : [], missing, listIsWhole: missing.length === 0 && count !== null };
}

/** All pages of one list, in order; says what is not there. */
function wholeStatement(parts: readonly StagedStatement[], complain: (what: string) => void): StagedStatement | null {
  const [first] = parts;
  if (!first) return null;
  const { pages, totalRows, source, period } = first;
  const samePeriod = (part: StagedStatement) => part.period?.from === period?.from && part.period?.to === period?.to;
  if (parts.some((part) => part.pages !== pages || part.totalRows !== totalRows || part.source !== source || !samePeriod(part))) {
    complain('its pages declare different totals: it changed while it was read');
    return null;
  }
  const byPage = Map.groupBy(parts, (part) => part.page);
  const ordered: StagedStatement[] = [];
  for (let page = 1; page <= pages; page++) {
    const found = byPage.get(page) ?? [];
    if (found.length !== 1)
      complain(found.length === 0 ? `page ${page} of ${pages} is missing` : `page ${page} of ${pages} came ${found.length} times`);
    ordered.push(...found.slice(0, 1));
  }
  const transactions = ordered.flatMap((part) => part.transactions);
  if (ordered.length === pages && transactions.length !== totalRows) complain(`${transactions.length} rows of ${totalRows} declared`);
  return { ...first, transactions };
}

function ownAccount(statement: StagedStatement | null): StagedAccount | null {
  const own = statement?.account;
  const closing = statement?.closing;
  if (!own?.branch || !own.number || !own.type || !closing) return null;
  const { branch, type, kind, currency, number } = own;
  return { key: '', branch, branchName: null, type, kind, currency, number, balance: closing, asOf: statement.closingOn };
}

/** What a file says of itself must not contradict the account that it was asked for. */
function sameAccount(account: StagedAccount, { account: own }: StagedStatement): boolean {
  if (!own) return true;
  return (
    (own.number === null || plainNumber(own.number) === plainNumber(account.number)) &&
    (own.branch === null || own.branch.padStart(3, '0') === account.branch.padStart(3, '0')) &&
    (own.currency === null || account.currency === null || own.currency === account.currency) &&
    (own.kind === null ? own.type === null || own.type === account.type : sameKind(account, accountKind(own.kind), own.currency))
  );
}

/** 外貨普通預金 and 普通預金 are two kinds, unless both sides tell the currency: then that decides. */
function sameKind(account: StagedAccount, told: string, currency: string | null): boolean {
  const asked = kindOf(account);
  if (kindsContradict(asked, told)) return false;
  if (currency !== null && account.currency !== null) return true;
  return isForeignKind(told) ? isForeignKind(`${asked} ${account.currency ?? ''}`) : !isForeignKind(asked);
}

const kindOf = ({ kind, type }: StagedAccount): string => accountKind(kind ?? type);

function assembled(
  account: StagedAccount,
  statement: StagedStatement | null,
  { listed, currency, answeredAt }: { listed: boolean; currency: string; answeredAt: Date },
): AssembledAccount {
  const entries = (statement?.transactions ?? []).map((staged) => ({
    staged,
    date: staged.date,
    amount: toMoney(staged.amount),
    balance: staged.balance && toMoney(staged.balance),
  }));
  const chain: BalanceChain | null = balanceChain(entries);
  const at = (stated: StagedMoney | null | undefined, implied: BalanceAt | undefined): BalanceAt | null =>
    stated ? { amount: toMoney(stated), date: null } : (implied ?? null);
  const opening = at(statement?.opening, chain?.opening);
  const closing = at(statement?.closing, chain?.closing);
  const amounts = entries.map((entry) => entry.amount);
  const sums: StatementReconciliation = statement ? reconcile(opening, closing, amounts) : { state: 'unknown', delta: null };
  // Sums that agree while a running balance does not follow from the others: what is wrong cannot be told, but something is.
  const reconciliation: StatementReconciliation =
    sums.state === 'reconciled' && chain?.unbroken === false ? { state: 'mismatch', delta: null } : sums;
  const days = entries.map((entry) => entry.date);
  const endsToday = listed && closing !== null && moneyKey(closing.amount) === moneyKey(toMoney(account.balance));
  const answeredOn = bankDayOf(answeredAt);
  // A statement that does not add up proves nothing.
  const proven =
    statement && reconciliation.state !== 'mismatch'
      ? provenDays({ period: statement.period, days, reachesNow: endsToday ? { asOf: account.asOf ?? answeredOn } : null, answeredOn })
      : null;
  return {
    branch: account.branch.padStart(3, '0'),
    branchName: account.branchName,
    type: account.type,
    kind: kindOf(account),
    currency: account.currency ?? statement?.account?.currency ?? currency,
    number: account.number,
    balance: { amount: account.balance, asOf: account.asOf },
    wasRead: statement !== null,
    transactions: oldestFirst(entries).map((entry) => entry.staged),
    opening: opening?.amount ?? null,
    closing: closing?.amount ?? null,
    reconciliation,
    channel: statement?.channel ?? null,
    proven,
    span: spanOf([...days, ...(proven ? [proven.from, proven.to] : [])]),
    answeredAt,
  };
}
