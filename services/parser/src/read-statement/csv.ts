/** CSV of a bank: title lines, a header line that a profile knows, one line per entry, perhaps a line that counts. */
import { currencyOfKind } from './account-kind.js';
import { type Charset, countReplaced, decode } from './charset.js';
import { type Book, carriedBalances, Entries } from './csv-entries.js';
import { isHeaderAgain, type Layout, layoutOf, toLine } from './csv-layout.js';
import { CSV_PROFILES } from './csv-profiles.js';
import { csvRows } from './csv-rows.js';
import { accountOfTitles, declaredRows, labelled, type PrintedAccount, periodOf, readAccount } from './csv-titles.js';
import { minus, negated, parsePrintedAmount, sumOf } from './money.js';
import { balanceChain, reconcile } from './reconcile.js';
import { type BalanceAt, Problems, type ReadStatement, type StatementFile } from './statement-file.js';

/** Lines of a file, at most: 16 MiB hold no more that say something. */
const MAX_ROWS = 500_000;

export interface CsvOptions {
  charset: Charset;
  /** Name of a profile; null: recognised by the header. */
  profile: string | null;
  asOf: string | null;
}

export function knowsCsvProfile(name: string): boolean {
  return CSV_PROFILES.some((profile) => profile.name === name);
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
    else if (whole && headerOnly && statement.reconciliation.state === 'reconciled') statement.proof = 'equal-balances';
    else if (whole && headerOnly && statement.reconciliation.state === 'unknown') statement.proof = 'header-only';
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
  const named = { kind: printed.type, currency: currencyOfKind(printed.type ?? '') };
  const statement: ReadStatement = { account, named, period, opening, closing, reconciliation, transactions, proof: null };
  return { statement, unbroken: chain?.unbroken ?? false };
}
