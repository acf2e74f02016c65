/** What a statement file says: the shape in services/parser/README.md ("What `parse` prints"), with money as integers until it is written out. */
import { formatMoney, type Money } from './money.js';

export const STATEMENT_FORMATS = ['ofx1', 'ofx2', 'mt940', 'mt942', 'camt052', 'camt053', 'qif', 'csv', 'zengin01', 'zengin03'] as const;
export type StatementFormat = (typeof STATEMENT_FORMATS)[number];

/** Something that could not be read, and where. `line` counts from 1 (records, in a file without line ends), `byteOffset` from 0. */
export interface Problem {
  readonly code: string;
  /** Plain words for a person; names fields, never amounts or texts of the file. */
  readonly message: string;
  readonly line: number | null;
  readonly byteOffset: number | null;
}

export interface StatementAccount {
  bank: string | null;
  branch: string | null;
  number: string | null;
  iban: string | null;
  type: string | null;
  currency: string | null;
}

export interface BalanceAt {
  amount: Money;
  date: string | null;
}

export interface ReadTransaction {
  bankId: string | null;
  date: string | null;
  valueDate: string | null;
  /** Out of the account is negative. */
  amount: Money;
  currency: string | null;
  description: string | null;
  counterparty: string | null;
  /** Contract that a direct debit names in the place of a counterparty. */
  contractNumber: string | null;
  /** EDI information of the sender (Zengin). */
  edi: string | null;
  pending: boolean;
  /** Balance after this entry, where the file tells it. Not part of the printed shape. */
  balance: Money | null;
}

export interface StatementReconciliation {
  /** reconciled: opening + sum = closing · mismatch: it is not · unknown: a balance is not in the data */
  state: 'reconciled' | 'mismatch' | 'unknown';
  /** closing - (opening + sum) */
  delta: Money | null;
}

export interface ReadStatement {
  account: StatementAccount;
  period: { from: string | null; to: string | null };
  opening: BalanceAt | null;
  closing: BalanceAt | null;
  reconciliation: StatementReconciliation;
  transactions: ReadTransaction[];
  /**
   * Kind and currency (ISO 4217) of the account as the file itself names them; null: it does not. `account` holds the word
   * for a kind that is known, and the currency that is usual in such files. Not part of the printed shape.
   */
  named: { kind: string | null; currency: string | null };
  /**
   * What in the file shows that no entry is missing; null: nothing does. Not part of the printed shape.
   * control-totals: counts and sums agree · declared-count: the number of rows agrees · balance-chain: each balance follows
   * from the one before · equal-balances: no entry, and the file states one balance before and after them · header-only: a
   * header line that is known, and nothing below it, which says nothing of any day
   */
  proof: 'control-totals' | 'declared-count' | 'balance-chain' | 'equal-balances' | 'header-only' | null;
}

export interface StatementFile {
  /** null: not known, so refused. */
  format: StatementFormat | null;
  encoding: string | null;
  replacedCharacters: number;
  /** complete: all of it was read · partial: some of it, see problems · empty: read, and it holds no entry · refused: nothing was read */
  verdict: 'complete' | 'partial' | 'empty' | 'refused';
  statements: ReadStatement[];
  problems: Problem[];
}

export function refused(code: string, message: string, place: Partial<Pick<Problem, 'line' | 'byteOffset'>> = {}): StatementFile {
  return {
    format: null,
    encoding: null,
    replacedCharacters: 0,
    verdict: 'refused',
    statements: [],
    problems: [{ code, message, line: place.line ?? null, byteOffset: place.byteOffset ?? null }],
  };
}

/** A file of garbage has as many problems as lines: the first are enough to see what is wrong. */
export const MAX_PROBLEMS = 200;

export class Problems {
  readonly list: Problem[] = [];
  private untold = 0;

  add(code: string, message: string, line: number | null = null, byteOffset: number | null = null): void {
    if (this.list.length < MAX_PROBLEMS) this.list.push({ code, message, line, byteOffset });
    else this.untold += 1;
  }

  get any(): boolean {
    return this.list.length > 0;
  }

  all(): Problem[] {
    if (this.untold === 0) return this.list;
    const message = `${this.untold} more problems are not listed`;
    return [...this.list, { code: 'PROBLEMS_CUT', message, line: null, byteOffset: null }];
  }
}

export interface StatementFileJson {
  format: StatementFormat | null;
  encoding: string | null;
  replacedCharacters: number;
  verdict: StatementFile['verdict'];
  statements: {
    account: StatementAccount;
    period: { from: string | null; to: string | null };
    opening: { amount: string; date: string | null } | null;
    closing: { amount: string; date: string | null } | null;
    reconciliation: { state: StatementReconciliation['state']; delta: string | null };
    transactions: {
      bankId: string | null;
      date: string | null;
      valueDate: string | null;
      amount: string;
      currency: string | null;
      description: string | null;
      counterparty: string | null;
      contractNumber: string | null;
      edi: string | null;
      pending: boolean;
    }[];
  }[];
  problems: Problem[];
}

/** The printed shape (services/parser/README.md): amounts are decimal strings with the scale of the file. */
export function toJson(file: StatementFile): StatementFileJson {
  const balance = (at: BalanceAt | null) => at && { amount: formatMoney(at.amount), date: at.date };
  return {
    format: file.format,
    encoding: file.encoding,
    replacedCharacters: file.replacedCharacters,
    verdict: file.verdict,
    statements: file.statements.map((statement) => ({
      account: statement.account,
      period: statement.period,
      opening: balance(statement.opening),
      closing: balance(statement.closing),
      reconciliation: {
        state: statement.reconciliation.state,
        delta: statement.reconciliation.delta && formatMoney(statement.reconciliation.delta),
      },
      transactions: statement.transactions.map((t) => ({
        bankId: t.bankId,
        date: t.date,
        valueDate: t.valueDate,
        amount: formatMoney(t.amount),
        currency: t.currency,
        description: t.description,
        counterparty: t.counterparty,
        contractNumber: t.contractNumber,
        edi: t.edi,
        pending: t.pending,
      })),
    })),
    problems: file.problems,
  };
}
