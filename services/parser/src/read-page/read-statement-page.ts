/** The part of an account's statement that one answer holds, with what it proves. */
import type { ConnectorPage, PageVerdict } from '@enishi/contracts';
import { isCarried, isTotal } from '../read-statement/csv-footers.js';
import { csvDate } from '../read-statement/dates.js';
import { type Money, negated, parsePrintedAmount } from '../read-statement/money.js';
import { narrow } from '../read-statement/narrow.js';
import type { StatementFile } from '../read-statement/statement-file.js';
import { extract, extractFilled, Incomplete, SiteChanged } from './extract.js';
import { type Document, type Element, find, textOf } from './html-tree.js';
import type { AccountType, StagedMoney, StagedStatement, StagedTransaction } from './staged-page.js';

type HtmlStatement = Extract<NonNullable<ConnectorPage['statement']>, { from: 'html' }>;
export interface StatementReading {
  verdict: PageVerdict;
  statement: StagedStatement;
}

/** Pages and rows beyond this are not a statement that a person has. */
const MAX_PAGES = 1_000;
const MAX_ROWS = 100_000;

export function staged(money: Money): StagedMoney {
  return { minor: money.minor.toString(), scale: money.scale };
}

const DATE_FORMATS: Readonly<Record<HtmlStatement['dateFormat'], RegExp>> = {
  'yyyy/MM/dd': /^\d{4}\/\d{1,2}\/\d{1,2}$/,
  // Narrow columns break the date in two lines.
  yyyy年M月d日: /^\d{4}年 ?\d{1,2}月 ?\d{1,2}日$/u,
  'yyyy-MM-dd': /^\d{4}-\d{2}-\d{2}$/,
};

function dayIn(text: string, format: HtmlStatement['dateFormat'], where: string): string {
  const plain = narrow(text);
  const day = DATE_FORMATS[format].test(plain) ? csvDate(plain, null) : null;
  if (!day || !('day' in day)) throw new Incomplete(`${where}: date: not a day written as ${format}`);
  return day.day;
}

function amountIn(text: string, where: string): Money | null {
  if (text === '') return null;
  const amount = parsePrintedAmount(text);
  if (!amount) throw new Incomplete(`${where}: not an amount`);
  return amount;
}

function rowOf(row: Element, how: HtmlStatement, where: string): StagedTransaction {
  const value = (name: 'date' | 'withdrawal' | 'deposit' | 'description') => extract(row, how[name], `${where}: ${name}`) ?? '';
  const description = value('description');
  if (isCarried(description) || isTotal(description)) throw new Incomplete(`${where}: a total or a balance carried forward, not an entry`);
  const paid = amountIn(value('withdrawal'), `${where}: withdrawal`);
  const got = amountIn(value('deposit'), `${where}: deposit`);
  if (!paid && !got) throw new Incomplete(`${where}: both withdrawal and deposit are blank`);
  if (paid && got && paid.minor !== 0n && got.minor !== 0n) throw new Incomplete(`${where}: both withdrawal and deposit`);
  const amount = paid && (!got || paid.minor !== 0n) ? negated(paid) : (got as Money);
  const balance = how.balance ? amountIn(extract(row, how.balance, `${where}: balance`) ?? '', `${where}: balance`) : null;
  return {
    bankId: how.bankId ? extractFilled(row, { ...how.bankId, optional: true }, `${where}: bankId`) : null,
    date: dayIn(value('date'), how.dateFormat, where),
    valueDate: null,
    amount: staged(amount),
    description,
    counterparty: null,
    balance: balance && staged(balance),
  };
}

/** The days that the page says it lists; null when the connector names no place for them. @throws SiteChanged, Incomplete */
function periodOf(document: Document, how: HtmlStatement): StagedStatement['period'] {
  if (!how.period) return null;
  const day = (name: 'from' | 'to') => {
    const where = `statement.period.${name}`;
    return dayIn(
      extract(document, { ...(how.period as NonNullable<typeof how.period>)[name], optional: false }, where) ?? '',
      how.dateFormat,
      where,
    );
  };
  const period = { from: day('from'), to: day('to') };
  if (period.from > period.to) throw new Incomplete('statement.period: ends before it begins');
  return period;
}

/** @throws SiteChanged, Incomplete */
export function readHtmlStatement(document: Document, how: HtmlStatement, accountKey: string | null): StatementReading {
  const rows = find(how.rows, document);
  const declaredEmpty = find(how.emptyMarker.select, document).some((element) => textOf(element).includes(how.emptyMarker.text));
  const statement: StagedStatement = {
    accountKey,
    source: 'html',
    channel: 'html',
    period: periodOf(document, how),
    page: 1,
    pages: 1,
    totalRows: 0,
    account: null,
    opening: null,
    closing: null,
    closingOn: null,
    transactions: [],
  };
  if (declaredEmpty) {
    if (rows.length > 0) throw new Incomplete('statement: rows, and also the word that there are none');
    return { verdict: 'empty_proven', statement };
  }
  const whole = (name: 'totalRows' | 'page' | 'pages', max: number) => {
    const text = (extract(document, { ...how[name], optional: false }, `statement.${name}`) ?? '').replaceAll(',', '');
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (!(number <= max)) throw new SiteChanged(`statement.${name} (${how[name].select}): not a number up to ${max}`);
    return number;
  };
  const [totalRows, page, pages] = [whole('totalRows', MAX_ROWS), whole('page', MAX_PAGES), whole('pages', MAX_PAGES)];
  if (rows.length === 0) throw new Incomplete('statement: no rows, and no proof that there are none');
  if (page < 1 || page > pages) throw new Incomplete('statement: the page is not one of its pages');
  if (rows.length > totalRows || (pages === 1 && rows.length !== totalRows))
    throw new Incomplete(`statement: ${rows.length} rows on the page, ${totalRows} declared for ${pages} pages`);
  const transactions = rows.map((row, i) => rowOf(row, how, `statement: row ${i + 1}`));
  return { verdict: page < pages ? 'more_needed' : 'complete', statement: { ...statement, page, pages, totalRows, transactions } };
}

export function accountTypeOf(text: string | null): AccountType {
  const plain = (text ?? '').normalize('NFKC');
  if (plain.startsWith('普通') || plain.startsWith('総合') || plain === 'ordinary') return 'ordinary';
  if (plain.startsWith('当座') || plain === 'current') return 'current';
  return plain.startsWith('貯蓄') || plain === 'savings' ? 'savings' : 'other';
}

/** Codes and places of what is wrong; the file's values stay where they are. */
function troubles(file: StatementFile): string {
  const told = file.problems.slice(0, 5).map(({ code, line }) => (line === null ? code : `${code} line ${line}`));
  return told.length > 0 ? told.join(', ') : 'nothing in the file shows that it is whole';
}

/** @throws Incomplete */
export function readFileStatement(file: StatementFile, accountKey: string | null): StatementReading {
  const [one, ...others] = file.statements;
  if (!one || others.length > 0) throw new Incomplete(`file: ${file.statements.length} accounts instead of one`);
  if (one.proof === null || (file.verdict !== 'complete' && file.verdict !== 'empty')) throw new Incomplete(`file: ${troubles(file)}`);
  const transactions = one.transactions.map((t, i): StagedTransaction => {
    if (t.date === null) throw new Incomplete(`file: entry ${i + 1} has no date`);
    return {
      bankId: t.bankId,
      date: t.date,
      valueDate: t.valueDate,
      amount: staged(t.amount),
      description: t.description ?? '',
      counterparty: t.counterparty,
      balance: t.balance && staged(t.balance),
    };
  });
  const { bank, branch, number } = one.account;
  const { kind, currency } = one.named;
  const { from, to } = one.period;
  // A header alone is not the bank's word that its days have no entry.
  const statesDays = one.proof !== 'header-only' && from !== null && to !== null && from <= to;
  return {
    verdict: transactions.length === 0 ? 'empty_proven' : 'complete',
    statement: {
      accountKey,
      source: 'file',
      channel: file.format === 'zengin03' ? 'zengin03' : 'csv',
      period: statesDays ? { from, to } : null,
      page: 1,
      pages: 1,
      totalRows: transactions.length,
      account: { bank, branch, number, type: kind === null ? null : accountTypeOf(kind), kind, currency },
      opening: one.opening && staged(one.opening.amount),
      closing: one.closing && staged(one.closing.amount),
      closingOn: one.closing?.date ?? null,
      transactions,
    },
  };
}
