/** What the lines around the entries of a CSV say: of which account, of which period, how many, and which balances. */
import { accountKind, currencyOfKind, isCommonKind, isForeignKind } from './account-kind.js';
import { plainName } from './csv-profiles.js';
import type { CsvRow } from './csv-rows.js';
import { csvDate } from './dates.js';
import { narrow } from './narrow.js';
import type { ReadStatement, StatementAccount } from './statement-file.js';

export interface Line {
  cells: string[];
  row: CsvRow;
}

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
} as const;
type Label = keyof typeof LABELS;
const NAMES = new Map(Object.entries(LABELS).map(([label, names]) => [label, new Set(names.map(plainName))]));
/** Of a cell with a label and its value; longer ones are text. */
const MAX_LABELLED_CHARS = 200;

/** All values of a label, in the order of the file: "口座番号","1234567" or "口座番号：1234567". */
function allLabelled(lines: readonly Line[], label: Label): string[] {
  const values: string[] = [];
  for (const line of lines)
    for (const [i, cell] of line.cells.entries()) {
      if (cell.length > MAX_LABELLED_CHARS) continue;
      const [name, rest] = narrow(cell).split(/:/u, 2) as [string, string?];
      if (!NAMES.get(label)?.has(plainName(name))) continue;
      const value = (rest ?? line.cells[i + 1] ?? '').trim();
      if (value) values.push(value);
    }
  return values;
}

export function labelled(lines: readonly Line[], label: Label): string | null {
  return allLabelled(lines, label)[0] ?? null;
}

/** How many entries the file says that it has. */
export function declaredRows(lines: readonly Line[]): number | null {
  const count = /^([\d,]+)件?$/u.exec(narrow(labelled(lines, 'rows') ?? ''))?.[1];
  return count ? Number(count.replaceAll(',', '')) : null;
}

export function periodOf(titles: readonly Line[]): ReadStatement['period'] {
  const days = labelled(titles, 'period')
    ?.split(/[~〜～]|から|-(?=\d{4}[/年])/u)
    .map((text) => csvDate(text.replace(/まで$/u, ''), null));
  const day = (at: number) => {
    const read = days?.length === 2 ? days[at] : null;
    return read && 'day' in read ? read.day : null;
  };
  return { from: day(0), to: day(1) };
}

/** What names an account, as printed; null: nothing does. */
export type PrintedAccount = Readonly<Record<'bank' | 'branch' | 'type' | 'number', string | null>>;

/** "みなみ支店 普通 1234567" or "普通1234567": the last words are kind and number. */
function kindAndNumber(text: string): { type: string | null; number: string | null } {
  const words = narrow(text).trim().split(/\s+/u);
  const [, joined, number] = /^(\D*)(\d[\d-]{0,13})$/u.exec(words.pop() ?? '') ?? [];
  return { type: joined || words.pop() || null, number: number ?? null };
}

/** `several`: the lines name more than one account. */
export function accountOfTitles(titles: readonly Line[]): { account: PrintedAccount; several: boolean } {
  const both = kindAndNumber(labelled(titles, 'account') ?? '');
  const account = {
    bank: labelled(titles, 'bank'),
    branch: labelled(titles, 'branch'),
    type: labelled(titles, 'type') ?? both.type,
    number: labelled(titles, 'number') ?? both.number,
  };
  const several = (['number', 'account'] as const).some((label) => new Set(allLabelled(titles, label).map(plainName)).size > 1);
  return { account, several };
}

/** Columns that say of every entry which account it is on; null: no column does. */
export interface AccountColumns {
  account: number;
  number: number;
  type: number;
  branch: number;
}

/** A branch that a column names may be the one where the cash was paid out: it only counts beside a number. */
const ROW_LABELS = { ...LABELS, branch: ['支店コード', '店番', '支店番号', '店番号', '店番・店名'] };

export function accountColumnsOf(header: readonly string[]): AccountColumns | null {
  const names = header.map(plainName);
  const at = (label: keyof AccountColumns) => names.findIndex((name) => ROW_LABELS[label].some((wanted) => plainName(wanted) === name));
  const columns = { account: at('account'), number: at('number'), type: at('type'), branch: at('branch') };
  return columns.account >= 0 || columns.number >= 0 ? columns : null;
}

/** The account that a row names; null when its cells are blank, or do not end in a number. */
export function accountOfRow(cells: readonly string[], columns: AccountColumns): PrintedAccount | null {
  const cell = (column: number) => narrow(cells[column] ?? '').trim() || null;
  const both = kindAndNumber(cell(columns.account) ?? '');
  const number = cell(columns.number) ?? both.number;
  return number === null ? null : { bank: null, branch: cell(columns.branch), type: cell(columns.type) ?? both.type, number };
}

export function readAccount(printed: PrintedAccount, currency: string | null): StatementAccount {
  const plain = (name: keyof PrintedAccount) => narrow(printed[name] ?? '').trim();
  const kind = accountKind(plainName(plain('type')));
  return {
    bank: /^\d{4}$/.exec(plain('bank'))?.[0] ?? null,
    branch: /^\d{3}(?!\d)/.exec(plain('branch'))?.[0] ?? null,
    number: /^\d{1,14}$/.exec(plain('number').replaceAll(/[\s-]/g, ''))?.[0] ?? null,
    iban: null,
    type: isCommonKind(kind) ? kind : null,
    // A foreign currency account says so in its kind; its entries are not in the currency of the profile.
    currency: currencyOfKind(plain('type')) ?? (isForeignKind(plain('type')) ? null : currency),
  };
}
