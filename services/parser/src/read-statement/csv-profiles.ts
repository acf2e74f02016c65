/**
 * How banks lay out their CSV: as data. A profile is recognised by the names in the header line; nothing is read
 * from a file whose header is not known. Names are compared after NFKC, without spaces, without a unit "(円)" and
 * without parentheses around the whole.
 */
export interface CsvProfile {
  name: string;
  /** card: a purchase is printed positive, and is money out. */
  kind: 'account' | 'card';
  currency: string | null;
  /** Column names that may stand for a role; the first that the header has is taken. */
  date: readonly string[];
  /** The date in three columns, instead of `date`. */
  dateParts?: readonly [string, string, string];
  valueDate?: readonly string[];
  /** Money out and money in, in two columns … */
  withdrawal?: readonly string[];
  deposit?: readonly string[];
  /** … or in one, with a sign (for a card: the amount of the purchase). */
  amount?: readonly string[];
  /** … or in one, with a word in another column that says out or in. */
  direction?: readonly string[];
  balance?: readonly string[];
  /** All that the header has, joined by a blank. */
  description: readonly string[];
  counterparty?: readonly string[];
  bankId?: readonly string[];
  /** Names that the header must have beside the roles: they tell this bank from others. */
  also?: readonly string[];
}

const DATES = ['日付', '取引日', 'お取引日', '年月日', '取引年月日', 'お取引年月日', '取扱日', '勘定日', '取扱日付', '操作日'];
const OUT = [
  '出金',
  '出金額',
  '出金金額',
  '出金金額(税込)',
  '支払金額',
  'お支払金額',
  '支払い金額',
  'お引出し',
  'お引出し金額',
  'お引出金額',
  'お引き出し額',
  '引出金額',
  '払出金額',
  '払戻金額',
  'お支払い金額',
];
const IN = [
  '入金',
  '入金額',
  '入金金額',
  '預り金額',
  'お預り金額',
  '預かり金額',
  'お預かり金額',
  'お預入れ',
  'お預入金額',
  'お預入れ金額',
  'お預け入れ額',
  '預入金額',
  '受入金額',
];
const BALANCE = ['残高', '差引残高', 'お取引後残高', '取引後残高', '差し引き残高', '現在高', '現在(貸付)高', '預金残高'];
const TEXT = [
  '摘要',
  '摘要内容',
  'お取引内容',
  '取引内容',
  'お取り扱い内容',
  '取扱内容',
  '内容',
  '取引名',
  '入出金内容',
  '入出金先内容',
  'ご利用内容',
  '備考',
];

/** Most particular first: the first whose names are all in the header is taken. */
export const CSV_PROFILES: readonly CsvProfile[] = [
  {
    name: 'tsubame-bank',
    kind: 'account',
    currency: 'JPY',
    date: ['お取引日'],
    valueDate: ['起算日'],
    withdrawal: ['お支払金額'],
    deposit: ['お預り金額'],
    balance: ['差引残高'],
    description: ['摘要'],
    counterparty: ['お取引先'],
    also: ['起算日', 'お取引先'],
  },
  {
    name: 'mufg',
    kind: 'account',
    currency: 'JPY',
    date: ['日付'],
    withdrawal: ['支払い金額'],
    deposit: ['預かり金額'],
    balance: ['差引残高'],
    description: ['摘要', '摘要内容'],
    also: ['摘要内容'],
  },
  {
    name: 'smbc',
    kind: 'account',
    currency: 'JPY',
    date: ['年月日'],
    withdrawal: ['お引出し'],
    deposit: ['お預入れ'],
    balance: ['残高'],
    description: ['お取り扱い内容', 'お取扱内容'],
  },
  {
    name: 'jp-bank',
    kind: 'account',
    currency: 'JPY',
    date: ['取引日'],
    withdrawal: ['払出金額'],
    deposit: ['受入金額'],
    balance: ['現在(貸付)高', '現在高'],
    description: ['詳細1', '詳細2'],
    bankId: ['入出金明細ID'],
    also: ['詳細1'],
  },
  {
    name: 'rakuten-bank',
    kind: 'account',
    currency: 'JPY',
    date: ['取引日'],
    amount: ['入出金'],
    balance: ['残高', '取引後残高'],
    description: ['入出金先内容', '入出金内容'],
    also: ['入出金'],
  },
  {
    name: 'sbi-sumishin',
    kind: 'account',
    currency: 'JPY',
    date: ['日付'],
    withdrawal: ['出金金額'],
    deposit: ['入金金額'],
    balance: ['残高'],
    description: ['内容'],
    also: ['メモ', '内容'],
  },
  {
    name: 'paypay-bank',
    kind: 'account',
    currency: 'JPY',
    date: [],
    dateParts: ['操作日(年)', '操作日(月)', '操作日(日)'],
    withdrawal: ['お支払金額'],
    deposit: ['お預り金額'],
    balance: ['残高'],
    description: ['摘要'],
    bankId: ['取引順番号'],
  },
  {
    name: 'rakuten-card',
    kind: 'card',
    currency: 'JPY',
    date: ['利用日'],
    amount: ['利用金額'],
    description: ['利用店名・商品名'],
    also: ['利用店名・商品名'],
  },
  {
    name: 'card-ja',
    kind: 'card',
    currency: 'JPY',
    date: ['利用日', 'ご利用日', 'ご利用年月日'],
    amount: ['利用金額', 'ご利用金額', 'ご利用金額(円)'],
    description: ['利用店名', 'ご利用店名', 'ご利用先', 'ご利用場所', 'ご利用先など', '利用先', 'ご利用店名・商品名'],
  },
  {
    name: 'account-ja',
    kind: 'account',
    currency: 'JPY',
    date: DATES,
    valueDate: ['起算日'],
    withdrawal: OUT,
    deposit: IN,
    balance: BALANCE,
    description: TEXT,
  },
  {
    name: 'directed-ja',
    kind: 'account',
    currency: 'JPY',
    date: DATES,
    direction: ['受払区分', '入払区分', '入出金区分'],
    amount: ['金額', '取引金額', '入出金額', '入出金金額'],
    balance: BALANCE,
    description: [...TEXT, '詳細1', '詳細2'],
  },
  {
    name: 'signed-ja',
    kind: 'account',
    currency: 'JPY',
    date: DATES,
    amount: ['入出金', '入出金額', '入出金金額'],
    balance: BALANCE,
    description: TEXT,
  },
  {
    // One column with a sign; without balances nothing would show which sign means money out.
    name: 'signed-en',
    kind: 'account',
    currency: null,
    date: ['date', 'bookingdate', 'transactiondate'],
    valueDate: ['valuedate'],
    amount: ['amount'],
    balance: ['balance', 'runningbalance'],
    description: ['description', 'details', 'memo'],
    also: ['balance'],
  },
  {
    name: 'account-en',
    kind: 'account',
    currency: null,
    date: ['date', 'bookingdate', 'transactiondate'],
    valueDate: ['valuedate'],
    withdrawal: ['withdrawal', 'withdrawals', 'debit', 'moneyout', 'paidout'],
    deposit: ['deposit', 'deposits', 'credit', 'moneyin', 'paidin'],
    balance: ['balance', 'runningbalance'],
    description: ['description', 'details', 'memo'],
  },
];

/** Of a column's name, a label or a heading; a longer cell is none, and has no name. */
const MAX_NAME_CHARS = 60;

export function plainName(cell: string): string {
  if (cell.length > MAX_NAME_CHARS) return '';
  return cell
    .normalize('NFKC')
    .replaceAll(/\s/gu, '')
    .replace(/\((円|¥|税込|和暦|西暦)\)$/u, '')
    .replace(/^\((.+)\)$/u, '$1')
    .toLowerCase();
}

/** The column of each role. */
export interface CsvColumns {
  date: number;
  dateParts: readonly [number, number, number] | null;
  valueDate: number;
  withdrawal: number;
  deposit: number;
  amount: number;
  direction: number;
  balance: number;
  description: readonly number[];
  counterparty: number;
  bankId: number;
}

/** The columns of `profile` in this header line; null when it is not such a header. */
export function columnsOf(profile: CsvProfile, header: readonly string[]): CsvColumns | null {
  const names = header.map(plainName);
  const at = (wanted: readonly string[] = []) => {
    for (const name of wanted) {
      const column = names.indexOf(plainName(name));
      if (column >= 0) return column;
    }
    return -1;
  };
  const parts = profile.dateParts?.map((name) => at([name])) as [number, number, number] | undefined;
  const columns: CsvColumns = {
    date: at(profile.date),
    dateParts: parts ?? null,
    valueDate: at(profile.valueDate),
    withdrawal: at(profile.withdrawal),
    deposit: at(profile.deposit),
    amount: at(profile.amount),
    direction: at(profile.direction),
    balance: at(profile.balance),
    description: profile.description.map((name) => at([name])).filter((column) => column >= 0),
    counterparty: at(profile.counterparty),
    bankId: at(profile.bankId),
  };
  const dated = parts ? parts.every((column) => column >= 0) : columns.date >= 0;
  const signed = columns.amount >= 0 && (!profile.direction || columns.direction >= 0);
  const money = profile.amount ? signed : columns.withdrawal >= 0 && columns.deposit >= 0;
  // Two columns of one name: nothing says which of them is meant.
  const values = [columns.date, columns.valueDate, columns.withdrawal, columns.deposit, columns.amount, columns.direction, columns.balance];
  if (values.some((column) => column >= 0 && names.indexOf(names[column] ?? '') !== names.lastIndexOf(names[column] ?? ''))) return null;
  const particular = (profile.also ?? []).every((name) => at([name]) >= 0);
  return dated && money && particular && columns.description.length > 0 ? columns : null;
}
