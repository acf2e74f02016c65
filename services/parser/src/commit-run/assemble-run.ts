/** Puts the answers of a run together: accounts with their whole statements, or what is missing. Pure. */

import type { StagedAccount, StagedMoney, StagedPage, StagedStatement, StagedTransaction } from '../read-page/staged-page.js';
import type { Money } from '../read-statement/money.js';
import { type BalanceChain, balanceChain, oldestFirst, reconcile } from '../read-statement/reconcile.js';
import type { BalanceAt, StatementReconciliation } from '../read-statement/statement-file.js';
import { plainNumber } from './account-identity.js';

export interface RunPage {
  step: number;
  page: string | null;
  cause: string | null;
  staged: StagedPage | null;
}

export interface AssembledAccount {
  branch: string;
  branchName: string | null;
  type: string;
  number: string;
  balance: { amount: StagedMoney; asOf: string | null } | null;
  /** Oldest first. */
  transactions: StagedTransaction[];
  opening: Money | null;
  closing: Money | null;
  reconciliation: StatementReconciliation;
}

export interface AssembledRun {
  accounts: AssembledAccount[];
  /** What is missing or does not fit, in words without values; empty when the run is complete. */
  missing: string[];
}

export const toMoney = ({ minor, scale }: StagedMoney): Money => ({ minor: BigInt(minor), scale });

export function assembleRun(pages: readonly RunPage[]): AssembledRun {
  const missing = pages.filter((page) => page.cause !== null).map((page) => `step ${page.step}: ${page.cause}`);
  const listed = new Map<string, StagedAccount>();
  const statements: StagedStatement[] = [];
  for (const { staged } of pages) {
    for (const account of staged?.accounts ?? []) listed.set(account.key, account);
    if (staged?.statement) statements.push(staged.statement);
  }
  if (listed.size === 0 && statements.length === 0) missing.push('no account was read');
  const accounts: AssembledAccount[] = [];
  // A file without an account in its request is its own group: it says itself whose it is.
  const groups = Map.groupBy(statements, (statement) => statement.accountKey ?? `file ${statements.indexOf(statement)}`);
  for (const [i, [key, parts]] of [...groups].entries()) {
    const complain = (what: string) => missing.push(`account ${i + 1}: ${what}`);
    const whole = wholeStatement(parts, complain);
    const account = listed.get(key) ?? ownAccount(whole);
    if (!account) complain('nothing says which account it is');
    else if (whole && !sameAccount(account, whole)) complain('the file is of another account');
    else if (whole) accounts.push(assembled(account, whole));
  }
  for (const account of listed.values()) if (!groups.has(account.key)) accounts.push(assembled(account, null));
  return { accounts: missing.length === 0 ? accounts : [], missing };
}

/** All pages of one list, in order; says what is not there. */
function wholeStatement(parts: readonly StagedStatement[], complain: (what: string) => void): StagedStatement | null {
  const [first] = parts;
  if (!first) return null;
  const { pages, totalRows, source } = first;
  if (parts.some((part) => part.pages !== pages || part.totalRows !== totalRows || part.source !== source)) {
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
  return { key: '', branch: own.branch, branchName: null, type: own.type, number: own.number, balance: closing, asOf: statement.closingOn };
}

/** What a file says of itself must not contradict the account that it was asked for. */
function sameAccount(account: StagedAccount, { account: own }: StagedStatement): boolean {
  if (!own) return true;
  return (
    (own.number === null || plainNumber(own.number) === plainNumber(account.number)) &&
    (own.branch === null || own.branch.padStart(3, '0') === account.branch.padStart(3, '0')) &&
    (own.type === null || own.type === account.type)
  );
}

function assembled(account: StagedAccount, statement: StagedStatement | null): AssembledAccount {
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
  return {
    branch: account.branch.padStart(3, '0'),
    branchName: account.branchName,
    type: account.type,
    number: account.number,
    balance: { amount: account.balance, asOf: account.asOf },
    transactions: oldestFirst(entries).map((entry) => entry.staged),
    opening: opening?.amount ?? null,
    closing: closing?.amount ?? null,
    reconciliation: statement ? reconcile(opening, closing, amounts) : { state: 'unknown', delta: null },
  };
}
