/** CSV of a bank: title lines, a header line that a profile knows, one line per entry, perhaps a line that counts. */
import { type Charset, countReplaced, decode } from './charset.js';
import { isCarried, isNote, isTotal, type Section, sectionOf } from './csv-footers.js';
import { CSV_PROFILES, type CsvColumns, type CsvProfile, columnsOf, plainName } from './csv-profiles.js';
import { type CsvRow, csvRows, DELIMITERS, type Delimiter } from './csv-rows.js';
import {
  type AccountColumns,
  accountColumnsOf,
  accountOfRow,
  accountOfTitles,
  declaredRows,
  type Line,
  labelled,
  type PrintedAccount,
  periodOf,
  readAccount,
} from './csv-titles.js';
import { csvDate, dayOf } from './dates.js';
import { type Money, minus, moneyKey, negated, parsePrintedAmount, sumOf } from './money.js';
import { narrow } from './narrow.js';
import { balanceChain, oldestFirst, reconcile } from './reconcile.js';
import { type BalanceAt, Problems, type ReadStatement, type ReadTransaction, type StatementFile } from './statement-file.js';

/** Title lines before the header, at most. */
const MAX_TITLE_ROWS = 40;
/** Lines of a file, at most: 16 MiB hold no more that say something. */
const MAX_ROWS = 500_000;

interface Layout {
  profile: CsvProfile;
  columns: CsvColumns;
  header: Line;
  /** Columns up to the last one that has a name. */
  width: number;
  account: AccountColumns | null;
  delimiter: Delimiter;
  /** Lines before the header. */
  titles: Line[];
  headerLines: number;
}

function toLine(row: CsvRow, charset: Charset): Line {
  return { row, cells: row.cells.map((cell) => decode(cell, charset).trim()) };
}

/** Finds the header line: the first line that one of the profiles knows. */
function layoutOf(bytes: Uint8Array, charset: Charset, profiles: readonly CsvProfile[]): Layout | null {
  for (const delimiter of Object.keys(DELIMITERS) as Delimiter[]) {
    const titles: Line[] = [];
    for (const row of csvRows(bytes, delimiter)) {
      const line = toLine(row, charset);
      for (const profile of profiles) {
        const columns = columnsOf(profile, line.cells);
        if (columns) {
          const width = line.cells.findLastIndex((cell) => cell !== '') + 1;
          return {
            profile,
            columns,
            header: line,
            width,
            account: accountColumnsOf(line.cells),
            delimiter,
            titles,
            headerLines: titles.length + 1,
          };
        }
      }
      titles.push(line);
      if (titles.length > MAX_TITLE_ROWS) break;
    }
  }
  return null;
}

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
interface Book {
  /** null: no column says whose the entries are. */
  account: PrintedAccount | null;
  transactions: ReadTransaction[];
  carried: Carried[];
}

const OUT = /^(お?支払い?|払出し?|お?引き?出し?|出金|払戻し?)$/u;
const IN = /^(お?預か?り|お?預け?入れ?|受入れ?|入金|振込入金)$/u;

class Entries {
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

export interface CsvOptions {
  charset: Charset;
  /** Name of a profile; null: recognised by the header. */
  profile: string | null;
  asOf: string | null;
}

export function knowsCsvProfile(name: string): boolean {
  return CSV_PROFILES.some((profile) => profile.name === name);
}

/**
 * Opening and closing as the list itself carries them forward, and what contradicts: one between the entries must be
 * the balance of the entry beside it.
 */
function carriedBalances({ transactions, carried }: Book, wrong: (line: Line) => void): Record<Carried['side'], BalanceAt | null> {
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

function isHeaderAgain({ cells }: Line, { columns, header }: Layout): boolean {
  const column = columns.dateParts?.[0] ?? columns.date;
  const cell = cells[column] ?? '';
  return !/^\d/.test(cell) && plainName(cell) === plainName(header.cells[column] ?? '');
}

/** Null when no line is a header that is known: then it is not a statement that can be read. */
export function readCsv(bytes: Uint8Array, { charset, profile, asOf }: CsvOptions): StatementFile | null {
  const layout = layoutOf(bytes, charset, profile === null ? CSV_PROFILES : CSV_PROFILES.filter(({ name }) => name === profile));
  if (!layout) return null;
  const problems = new Problems();
  const entries = new Entries(layout, asOf, problems);
  let at = 0;
  for (const row of csvRows(bytes, layout.delimiter)) {
    at += 1;
    if (at > MAX_ROWS) {
      problems.add('TOO_MANY_ROWS', `only the first ${MAX_ROWS} lines were read`, row.line, row.byteOffset);
      break;
    }
    if (at <= layout.headerLines) continue;
    const line = toLine(row, charset);
    if (isHeaderAgain(line, layout)) {
      // What follows may be of another account, and two accounts are never one.
      entries.complain(line, 'SECOND_HEADER', 'a second header begins here: nothing from here on was read');
      break;
    }
    entries.read(line);
  }
  const count = entries.all.length;
  const declared = entries.declared ?? declaredRows(layout.titles);
  if (declared !== null && declared !== count) problems.add('COUNT_WRONG', `the file says ${declared} entries, and ${count} were read`);
  checkTotal(entries);
  const titled = accountOfTitles(layout.titles);
  const books = [...entries.books.values()];
  const own = books[0]?.account && readAccount(books[0].account, null).number;
  const above = readAccount(titled.account, null).number;
  const another = books.length === 1 && own && above && BigInt(own) !== BigInt(above);
  if (titled.several || another)
    problems.add('ACCOUNT_AMBIGUOUS', 'the lines above the header name another account than the rest of the file');
  const statements = (books.length === 0 ? [{ account: null, transactions: [], carried: [] }] : books).map((book) =>
    statementOf(book, { layout, titled: titled.account, alone: books.length <= 1, entries }),
  );
  const whole = !problems.any;
  // A file that was cut behind its header would look the same but for the end of that line.
  const headerOnly = count === 0 && (bytes.at(-1) === 0x0a || bytes.at(-1) === 0x0d);
  for (const { statement, unbroken } of statements)
    if (whole && declared !== null) statement.proof = 'declared-count';
    else if (whole && unbroken && statement.reconciliation.state === 'reconciled') statement.proof = 'balance-chain';
    else if (whole && headerOnly && statement.reconciliation.state !== 'mismatch') statement.proof = 'header-only';
  return {
    format: 'csv',
    encoding: charset,
    replacedCharacters: countReplaced(decode(bytes, charset)),
    verdict: !whole ? 'partial' : count === 0 ? 'empty' : 'complete',
    statements: statements.map(({ statement }) => statement),
    problems: problems.all(),
  };
}

/** A line that adds up both sides of the whole file must agree with what was read. */
function checkTotal(entries: Entries): void {
  if (!entries.total) return;
  const { line, out, into } = entries.total;
  const side = (sign: (minor: bigint) => boolean) => sumOf(entries.all.map((t) => t.amount).filter(({ minor }) => sign(minor)));
  const wrong =
    minus(
      into,
      side((minor) => minor > 0n),
    ).minor !== 0n ||
    minus(
      negated(out),
      side((minor) => minor < 0n),
    ).minor !== 0n;
  if (wrong) entries.complain(line, 'TOTAL_WRONG', 'the totals are not those of the entries that were read');
}

interface Around {
  layout: Layout;
  titled: PrintedAccount;
  /** The file is of one account: what the title lines say is said of it. */
  alone: boolean;
  entries: Entries;
}

function statementOf(book: Book, { layout, titled, alone, entries }: Around): { statement: ReadStatement; unbroken: boolean } {
  const { profile, titles } = layout;
  const chain = profile.kind === 'account' ? balanceChain(book.transactions) : null;
  const period = periodOf(titles);
  const carried = carriedBalances(book, (line) =>
    entries.complain(line, 'BALANCE_WRONG', 'the balance carried forward is not that of the entries'),
  );
  // Balances that the file states come first; else those that its running balances imply.
  const stated = (label: 'opening' | 'closing', date: string | null): BalanceAt | null => {
    const amount = alone ? parsePrintedAmount(labelled(titles, label) ?? '') : null;
    return amount ? { amount, date } : carried[label];
  };
  const opening = stated('opening', period.from) ?? chain?.opening ?? null;
  const closing = stated('closing', period.to) ?? chain?.closing ?? null;
  const own = book.account;
  const printed = own ? { ...titled, ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== null)) } : titled;
  const account = readAccount(printed, profile.currency);
  const transactions = book.transactions.map((transaction) => ({ ...transaction, currency: account.currency }));
  const amounts = transactions.map((t) => t.amount);
  const reconciliation = reconcile(opening, closing, amounts);
  const statement: ReadStatement = { account, period, opening, closing, reconciliation, transactions, proof: null };
  return { statement, unbroken: chain?.unbroken ?? false };
}
