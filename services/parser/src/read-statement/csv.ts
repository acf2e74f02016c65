/** CSV of a bank: title lines, a header line that a profile knows, one line per entry, perhaps a line that counts. */
import { type Charset, countReplaced, decode } from './charset.js';
import { CSV_PROFILES, type CsvColumns, type CsvProfile, columnsOf, plainName } from './csv-profiles.js';
import { type CsvRow, csvRows, DELIMITERS, type Delimiter } from './csv-rows.js';
import { csvDate, dayOf } from './dates.js';
import { type Money, negated, parsePrintedAmount } from './money.js';
import { balanceChain, reconcile } from './reconcile.js';
import { Problems, type ReadStatement, type ReadTransaction, type StatementFile } from './statement-file.js';

/** Title lines before the header, at most. */
const MAX_TITLE_ROWS = 40;
/** Lines of a file, at most: 16 MiB hold no more that say something. */
const MAX_ROWS = 500_000;

interface Line {
  cells: string[];
  row: CsvRow;
}
interface Layout {
  profile: CsvProfile;
  columns: CsvColumns;
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
        if (columns) return { profile, columns, delimiter, titles, headerLines: titles.length + 1 };
      }
      titles.push(line);
      if (titles.length > MAX_TITLE_ROWS) break;
    }
  }
  return null;
}

const TYPES: Readonly<Record<string, string>> = {
  普通: 'ordinary',
  普通預金: 'ordinary',
  総合: 'ordinary',
  当座: 'current',
  当座預金: 'current',
  貯蓄: 'savings',
  貯蓄預金: 'savings',
};
const LABELS = {
  bank: ['銀行コード', '金融機関コード'],
  branch: ['支店コード', '店番', '支店番号', '店番号', '取引店番号', '店番・店名'],
  number: ['口座番号', 'お口座番号'],
  /** Kind and number in one cell. */
  account: ['口座', '照会口座', 'お取引口座'],
  type: ['科目', '預金種目', '預金種類', '口座種別', 'お取引種類'],
  period: ['期間', '照会期間', '対象期間', 'お取引期間', '表示期間', '取引期間'],
  opening: ['期間前残高', '前回残高', '繰越残高', '期首残高'],
  closing: ['期間末残高', '今回残高', '期末残高'],
  rows: ['件数', '明細件数', '取引件数', '合計件数', '総件数'],
  total: ['合計', '小計', '総合計'],
} as const;

/** "口座番号","1234567" or "口座番号：1234567". */
function labelled(lines: readonly Line[], label: keyof typeof LABELS): { value: string; line: Line } | null {
  const wanted = LABELS[label].map(plainName);
  for (const line of lines)
    for (const [i, cell] of line.cells.entries()) {
      const [name, rest] = cell.normalize('NFKC').split(/[:：]/u, 2) as [string, string?];
      if (!wanted.includes(plainName(name))) continue;
      const value = (rest ?? line.cells[i + 1] ?? '').trim();
      if (value) return { value, line };
    }
  return null;
}

function periodOf(titles: readonly Line[]): { from: string | null; to: string | null } {
  const found = labelled(titles, 'period');
  const days = found?.value.split(/[~〜～]|から|-(?=\d{4}[/年])/u).map((text) => csvDate(text.replace(/まで$/u, ''), null));
  const day = (at: number) => {
    const read = days?.length === 2 ? days[at] : null;
    return read && 'day' in read ? read.day : null;
  };
  return { from: day(0), to: day(1) };
}

function accountOf(titles: readonly Line[], currency: string | null): ReadStatement['account'] {
  const plain = (label: keyof typeof LABELS) => labelled(titles, label)?.value.normalize('NFKC').trim() ?? '';
  const both = /^(\S+?)\s*([\d-]{1,14})$/u.exec(plain('account'));
  const type = plain('type') || (both?.[1] ?? '');
  const number = (plain('number') || (both?.[2] ?? '')).replaceAll(/[\s-]/g, '');
  return {
    bank: /^\d{4}$/.exec(plain('bank'))?.[0] ?? null,
    branch: /^\d{3}(?!\d)/.exec(plain('branch'))?.[0] ?? null,
    number: /^\d{1,14}$/.exec(number)?.[0] ?? null,
    iban: null,
    type: TYPES[plainName(type)] ?? null,
    currency,
  };
}

class Entries {
  readonly transactions: ReadTransaction[] = [];
  /** As the file itself says. */
  declared: number | null = null;

  constructor(
    private readonly layout: Layout,
    private readonly asOf: string | null,
    private readonly problems: Problems,
  ) {}

  read(line: Line): void {
    const { cells, row } = line;
    if (cells.every((cell) => cell === '')) return;
    const complain = (code: string, message: string) => this.problems.add(code, message, row.line, row.byteOffset);
    if (row.broken) return complain('ROW_UNREADABLE', 'a quote is not closed, or something stands behind it');
    const { columns, profile } = this.layout;
    const day = this.day(cells);
    if (day === null && this.summary(line)) return;
    if (day === null) return complain('DATE_UNREADABLE', 'the date is not one that is known');
    if (day === 'no year') complain('DATE_WITHOUT_YEAR', 'the date has no year; give the day that it was fetched as --as-of');
    const amount = this.amount(cells);
    if (typeof amount === 'string') return complain('AMOUNT_UNREADABLE', amount);
    const printed = cells[columns.balance] ?? '';
    const balance = printed === '' ? null : parsePrintedAmount(printed);
    if (printed !== '' && !balance) complain('BALANCE_UNREADABLE', 'the balance is not an amount');
    const value = cells[columns.valueDate] ?? '';
    const valueDate = csvDate(value, this.asOf);
    if (value !== '' && !valueDate) complain('DATE_UNREADABLE', 'the value date is not one that is known');
    const text = (column: number) => cells[column] || null;
    this.transactions.push({
      bankId: text(columns.bankId),
      date: day === 'no year' ? null : day,
      valueDate: valueDate && 'day' in valueDate ? valueDate.day : null,
      amount,
      currency: profile.currency,
      description: columns.description.map(text).filter(Boolean).join(' ') || null,
      counterparty: text(columns.counterparty),
      pending: false,
      balance,
    });
  }

  /** A line at the end that adds up or counts is not an entry. */
  private summary(line: Line): boolean {
    const count = labelled([line], 'rows');
    const rows = /^\s*([\d,]+)件?$/u.exec(count?.value.normalize('NFKC') ?? '')?.[1];
    if (rows) {
      this.declared = Number(rows.replaceAll(',', ''));
      return true;
    }
    return LABELS.total.some((label) => plainName(line.cells[0] ?? '') === label);
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
      return profile.kind === 'card' ? negated(amount) : amount;
    }
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
    if (at > layout.headerLines) entries.read(toLine(row, charset));
  }
  const { transactions } = entries;
  const count = labelled(layout.titles, 'rows')
    ?.value.normalize('NFKC')
    .match(/^([\d,]+)件?$/u)?.[1];
  const declared = entries.declared ?? (count ? Number(count.replaceAll(',', '')) : null);
  if (declared !== null && declared !== transactions.length)
    problems.add('COUNT_WRONG', `the file says ${declared} entries, and ${transactions.length} were read`);
  const chain = layout.profile.kind === 'account' ? balanceChain(transactions) : null;
  const period = periodOf(layout.titles);
  // Balances that the file states come first; else those that its running balances imply.
  const stated = (label: 'opening' | 'closing') => parsePrintedAmount(labelled(layout.titles, label)?.value ?? '');
  const [before, after] = [stated('opening'), stated('closing')];
  const opening = before ? { amount: before, date: period.from } : (chain?.opening ?? null);
  const closing = after ? { amount: after, date: period.to } : (chain?.closing ?? null);
  const whole = problems.list.length === 0;
  const statement: ReadStatement = {
    account: accountOf(layout.titles, layout.profile.currency),
    period,
    opening,
    closing,
    reconciliation: reconcile(
      opening,
      closing,
      transactions.map((t) => t.amount),
    ),
    transactions,
    proof: !whole ? null : declared !== null ? 'declared-count' : chain?.unbroken ? 'balance-chain' : null,
  };
  return {
    format: 'csv',
    encoding: charset,
    replacedCharacters: countReplaced(decode(bytes, charset)),
    verdict: !whole ? 'partial' : transactions.length === 0 ? 'empty' : 'complete',
    statements: [statement],
    problems: problems.all(),
  };
}
