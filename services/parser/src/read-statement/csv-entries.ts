/** The lines below the header of a CSV: entries, balances carried forward, totals, headings and notes. */
import { isCarried, isNote, isTotal, type Section, sectionOf } from './csv-footers.js';
import type { Layout } from './csv-layout.js';
import { accountOfRow, declaredRows, type Line, type PrintedAccount } from './csv-titles.js';
import { csvDate, dayOf } from './dates.js';
import { type Money, minus, moneyKey, negated, parsePrintedAmount } from './money.js';
import { narrow } from './narrow.js';
import { oldestFirst } from './reconcile.js';
import type { BalanceAt, Problems, ReadTransaction } from './statement-file.js';

/** A balance that the list itself states: not an entry. */
interface Carried {
  side: 'opening' | 'closing';
  balance: Money;
  date: string | null;
  /** Entries that stand above it. */
  at: number;
  line: Line;
}

/** What the lines of one account say. */
export interface Book {
  /** null: no column says whose the entries are. */
  account: PrintedAccount | null;
  transactions: ReadTransaction[];
  carried: Carried[];
}

const OUT = /^(お?支払い?|払出し?|お?引き?出し?|出金|払戻し?)$/u;
const IN = /^(お?預か?り|お?預け?入れ?|受入れ?|入金|振込入金)$/u;

export class Entries {
  /** By what names the account; one without a name when no column does. */
  readonly books = new Map<string, Book>();
  /** As the file itself says. */
  declared: number | null = null;
  total: { line: Line; out: Money; into: Money } | null = null;
  private section: Section = 'entries';

  constructor(
    private readonly layout: Layout,
    private readonly asOf: string | null,
    private readonly problems: Problems,
  ) {}

  get all(): ReadTransaction[] {
    return [...this.books.values()].flatMap((book) => book.transactions);
  }

  complain(line: Line, code: string, message: string): void {
    this.problems.add(code, message, line.row.line, line.row.byteOffset);
  }

  read(line: Line): void {
    const { cells, row } = line;
    if (cells.every((cell) => cell === '')) return;
    const complain = (code: string, message: string) => this.complain(line, code, message);
    if (row.broken) return complain('ROW_UNREADABLE', 'a quote is not closed, or something stands behind it');
    if (this.words(line)) return;
    const { columns, width } = this.layout;
    const day = this.day(cells);
    if (this.summary(line, day)) return;
    // A comma inside an amount without quotes, or a cell that is lost, would move every value behind it.
    const fits = cells.length >= width && cells.slice(width).every((cell) => cell === '');
    if (!fits) return complain('ROW_UNREADABLE', `the line has ${cells.length} cells, and the header ${width}`);
    const book = this.bookOf(cells);
    if (!book) return complain('ACCOUNT_UNREADABLE', 'the line does not say which account it is of');
    const carried = columns.description.map((column) => isCarried(cells[column] ?? '')).find((side) => side !== null);
    if (carried) return this.carry(line, book, carried, day);
    if (day === null) return complain('DATE_UNREADABLE', 'the date is not one that is known');
    if (this.section === 'unknown') return complain('SECTION_UNKNOWN', 'the line stands under a heading that is not known');
    if (day === 'no year') complain('DATE_WITHOUT_YEAR', 'the date has no year; give the day that it was fetched as --as-of');
    const amount = this.amount(cells);
    if (typeof amount === 'string') return complain('AMOUNT_UNREADABLE', amount);
    const balance = this.balance(line);
    const value = cells[columns.valueDate] ?? '';
    const valueDate = csvDate(value, this.asOf);
    if (value !== '' && !valueDate) complain('DATE_UNREADABLE', 'the value date is not one that is known');
    const text = (column: number) => cells[column] || null;
    book.transactions.push({
      bankId: text(columns.bankId),
      date: day === 'no year' ? null : day,
      valueDate: valueDate && 'day' in valueDate ? valueDate.day : null,
      amount,
      currency: this.layout.profile.currency,
      description: columns.description.map(text).filter(Boolean).join(' ') || null,
      counterparty: text(columns.counterparty),
      contractNumber: null,
      edi: null,
      pending: false,
      balance,
    });
  }

  private bookOf(cells: readonly string[]): Book | null {
    const account = this.layout.account && accountOfRow(cells, this.layout.account);
    if (this.layout.account && !account) return null;
    const key = JSON.stringify(account);
    const book = this.books.get(key) ?? { account, transactions: [], carried: [] };
    this.books.set(key, book);
    return book;
  }

  /** A line of nothing but words is a heading or a note: it has neither a day nor an amount. */
  private words({ cells }: Line): boolean {
    const column = cells.findIndex((cell) => cell !== '');
    if (column !== cells.findLastIndex((cell) => cell !== '')) return false;
    const { description, counterparty } = this.layout.columns;
    const text = cells[column] ?? '';
    const section = sectionOf(text);
    if (section) this.section = section;
    if (section !== null || isNote(text)) return true;
    // A line that was cut may end in its first column: only a whole line shows that all else is blank.
    const inWords = cells.length >= this.layout.width && [...description, counterparty].includes(column);
    return inWords && !isCarried(text) && !isTotal(text);
  }

  /** A line that adds up or counts is not an entry. */
  private summary(line: Line, day: string | null): boolean {
    const { cells } = line;
    const { columns } = this.layout;
    const rows = day === null ? declaredRows([line]) : null;
    if (rows !== null) this.declared = rows;
    // With a day, only the column of words can say so.
    const candidates = day === null ? cells : columns.description.map((column) => cells[column] ?? '');
    const total = candidates.map(isTotal).find((of) => of !== null) ?? null;
    if (total === 'all') {
      const [out, into] = [columns.withdrawal, columns.deposit].map((column) => parsePrintedAmount(cells[column] ?? ''));
      if (out && into) this.total = { line, out, into };
    }
    return rows !== null || total !== null;
  }

  private carry(line: Line, book: Book, side: Carried['side'], day: string | null): void {
    const { columns } = this.layout;
    const balance = this.balance(line);
    if (!balance) return this.complain(line, 'BALANCE_UNREADABLE', 'a balance is carried forward, and there is none');
    // Some banks repeat the balance as money in. Anything else would be an entry.
    const own = [columns.withdrawal, columns.deposit, columns.amount]
      .map((column) => line.cells[column] ?? '')
      .filter((cell) => cell !== '')
      .map(parsePrintedAmount);
    if (own.some((amount) => !amount || (amount.minor !== 0n && moneyKey(amount) !== moneyKey(balance))))
      return this.complain(line, 'AMOUNT_UNREADABLE', 'a balance is carried forward, with an amount beside it');
    book.carried.push({ side, balance, date: day === 'no year' ? null : day, at: book.transactions.length, line });
  }

  private balance(line: Line): Money | null {
    const printed = line.cells[this.layout.columns.balance] ?? '';
    const balance = printed === '' ? null : parsePrintedAmount(printed);
    if (printed !== '' && !balance) this.complain(line, 'BALANCE_UNREADABLE', 'the balance is not an amount');
    return balance;
  }

  /** YYYY-MM-DD, `no year`, or null when it cannot be read. */
  private day(cells: string[]): string | null {
    const { columns } = this.layout;
    if (columns.dateParts) {
      const parts = columns.dateParts.map((column) => cells[column] ?? '');
      return parts.every((part) => /^\d{1,4}$/.test(part)) ? dayOf(Number(parts[0]), Number(parts[1]), Number(parts[2])) : null;
    }
    const date = csvDate(cells[columns.date] ?? '', this.asOf);
    if (!date) return null;
    return 'day' in date ? date.day : 'no year';
  }

  /** The amount with its sign, or in words why there is none. */
  private amount(cells: string[]): Money | string {
    const { columns, profile } = this.layout;
    const cell = (column: number) => cells[column] ?? '';
    if (profile.amount) {
      const amount = parsePrintedAmount(cell(columns.amount));
      if (!amount) return 'the amount is blank or not an amount';
      if (profile.direction) return this.directed(amount, narrow(cell(columns.direction)));
      if (this.section !== 'cancelled') return profile.kind === 'card' ? negated(amount) : amount;
      return profile.kind === 'card' && amount.minor >= 0n ? amount : 'what is taken back has a sign of its own';
    }
    if (this.section === 'cancelled') return 'money out and money in under a heading of what is taken back';
    const [out, into] = [cell(columns.withdrawal), cell(columns.deposit)];
    const paid = out === '' ? null : parsePrintedAmount(out);
    const got = into === '' ? null : parsePrintedAmount(into);
    if ((out !== '' && !paid) || (into !== '' && !got)) return 'the amount is not an amount';
    if (!paid && !got) return 'both money out and money in are blank';
    // Some banks print 0 in the other column.
    if (paid && got && paid.minor !== 0n && got.minor !== 0n) return 'money out and money in on one line';
    if (paid && (!got || paid.minor !== 0n)) return negated(paid);
    return got as Money;
  }

  /** The word says out or in; a minus may say "out" once more, and never contradict. */
  private directed(amount: Money, word: string): Money | string {
    if (OUT.test(word)) return amount.minor > 0n ? negated(amount) : amount;
    if (!IN.test(word)) return 'it does not say whether it is money out or money in';
    return amount.minor >= 0n ? amount : 'money in with a minus';
  }
}

/**
 * Opening and closing as the list itself carries them forward, and what contradicts: one between the entries must be
 * the balance of the entry beside it.
 */
export function carriedBalances({ transactions, carried }: Book, wrong: (line: Line) => void): Record<Carried['side'], BalanceAt | null> {
  const newestFirst = oldestFirst(transactions) !== transactions;
  const found: Record<Carried['side'], BalanceAt | null> = { opening: null, closing: null };
  for (const { side, balance, date, at, line } of carried) {
    const end = (side === 'opening') === newestFirst ? transactions.length : 0;
    const known = found[side];
    if (at === end && known === null) found[side] = { amount: balance, date };
    else if (at === end && known !== null && moneyKey(known.amount) !== moneyKey(balance)) wrong(line);
    else if (at !== end) {
      const beside = [transactions[at - 1], transactions[at]].flatMap((t) => (t?.balance ? [t.balance, minus(t.balance, t.amount)] : []));
      if (!beside.some((money) => moneyKey(money) === moneyKey(balance))) wrong(line);
    }
  }
  return found;
}
