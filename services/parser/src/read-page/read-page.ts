/** Reads one answer of a bank by the connector: which page it is, its facts, and how far it is complete. Never guesses. (A4) */
import { type Cause, type Connector, type ConnectorPage, clip, type PageVerdict } from '@enishi/contracts';
import { currencyOfKind } from '../read-statement/account-kind.js';
import { csvDate } from '../read-statement/dates.js';
import { parsePrintedAmount } from '../read-statement/money.js';
import { narrow } from '../read-statement/narrow.js';
import { extract, extractFilled, Incomplete, SiteChanged } from './extract.js';
import { checkSelector, type Document, find, PageBeyondLimit } from './html-tree.js';
import { type BankResponse, matchPage } from './match-page.js';
import { accountTypeOf, readFileStatement, readHtmlStatement, staged } from './read-statement-page.js';
import type { StagedAccount, StagedPage } from './staged-page.js';

export interface PageReading {
  /** Name in the connector's `pages`; null: unknown. */
  page: string | null;
  verdict: PageVerdict;
  facts: Record<string, string>;
  lists: Record<string, Record<string, string>[]>;
  /** Set when the answer itself ends the run. */
  cause: Cause | null;
  /** Which rule, marker or field; never a value. */
  detail: string | null;
  rows: number;
  staged: StagedPage | null;
  /** Set when the reading was ended before its time. */
  ended: EndedBy | null;
}

/** Why a reading was ended before its time: each is the name of one limit. `broken`: the reader has a fault. */
export const ENDED_BY = ['too_large', 'nodes', 'depth', 'output', 'deadline', 'memory', 'broken'] as const;
export type EndedBy = (typeof ENDED_BY)[number];

export interface Asked {
  request: string;
  params: Readonly<Record<string, string>>;
  /** YYYY-MM-DD. */
  fetchedOn: string;
}

/** Items of a list that cross to the dispatcher (contract pageRead). */
const MAX_ITEMS = 1_000;
const MAX_DETAIL_CHARS = 500;

/** An answer that ended before it said anything: the agent could not ask, or nobody knows what it says. */
export function unread(cause: Cause, detail: string | null): PageReading {
  return {
    page: null,
    verdict: 'unknown',
    facts: {},
    lists: {},
    cause,
    detail: detail === null ? null : clip(detail, MAX_DETAIL_CHARS),
    rows: 0,
    staged: null,
    ended: null,
  };
}

/**
 * An answer that costs more to read than an answer may. It is a reading like any other: the page is kept, its order and run
 * end, and nobody asks the bank or the terminal again.
 */
export function unreadable(ended: EndedBy, why: string): PageReading {
  return { ...unread('UNKNOWN_PAGE', `${ended}: ${why}`), ended };
}

/** As much as any page of a bank has, see ADR 0019. */
export const MAX_NODES = 100_000;

/** `maxNodes`: elements and attributes of an HTML page, at most. */
export function readPage(connector: Connector, asked: Asked, response: BankResponse, maxNodes = MAX_NODES): PageReading {
  // The agent holds to it; an answer that is larger all the same comes from one that does not.
  const { maxBytes = 0 } = connector.requests[asked.request] ?? {};
  if (response.body.length > maxBytes) return unreadable('too_large', `the answer is larger than the ${maxBytes} bytes of its order`);
  try {
    return readWithin(connector, asked, response, maxNodes);
  } catch (error) {
    if (error instanceof PageBeyondLimit) return unreadable(error.limit, error.message);
    throw error;
  }
}

/** @throws PageBeyondLimit */
function readWithin(connector: Connector, asked: Asked, response: BankResponse, maxNodes: number): PageReading {
  const matched = matchPage(connector, response, { ...asked, maxNodes });
  if (matched.as === 'changed') return unread('SITE_CHANGED', `page ${matched.name}: ${matched.what}`);
  if (matched.as === 'unknown') return unread(causeOfUnknown(response.status), matched.why);
  const { name, page, document, file, doubt } = matched;
  const reading: PageReading = { ...unread('UNKNOWN_PAGE', null), page: name, verdict: 'not_a_statement', cause: null };
  const accountKey = asked.params.account ?? null;
  try {
    if (document) {
      readFacts(reading, page, document);
      const accounts = readAccounts(page, document);
      const statement = page.statement?.from === 'html' ? readHtmlStatement(document, page.statement, accountKey) : null;
      if (accounts.length > 0 || statement)
        reading.staged = {
          accounts,
          accountsDeclared: declaredAccounts(page, document, accounts.length),
          statement: statement?.statement ?? null,
        };
      if (statement) reading.verdict = statement.verdict;
    } else if (file && page.statement?.from === 'file') {
      const { verdict, statement } = readFileStatement(file, accountKey);
      reading.verdict = verdict;
      reading.staged = { accounts: [], accountsDeclared: null, statement };
    }
    reading.rows = reading.staged?.statement?.transactions.length ?? 0;
    return reading;
  } catch (error) {
    const because = doubt === null ? '' : `; ${doubt}`;
    if (error instanceof SiteChanged) return { ...unread('SITE_CHANGED', `page ${name}: ${error.what}${because}`), page: name };
    if (error instanceof Incomplete)
      return { ...unread('INCOMPLETE_DATA', `page ${name}: ${error.what}${because}`), page: name, verdict: 'partial' };
    throw error;
  }
}

function causeOfUnknown(status: number): Cause {
  if (status === 429) return 'RATE_LIMITED';
  return status >= 500 ? 'BANK_DOWN' : 'UNKNOWN_PAGE';
}

function readFacts(reading: PageReading, page: ConnectorPage, document: Document): void {
  for (const [name, how] of Object.entries(page.facts)) {
    const value = extractFilled(document, how, `facts.${name}`);
    if (value !== null) reading.facts[name] = value;
  }
  for (const [name, { rows, fields }] of Object.entries(page.lists)) {
    const items = find(rows, document);
    if (items.length > MAX_ITEMS) throw new Incomplete(`lists.${name}: more than ${MAX_ITEMS} rows`);
    reading.lists[name] = items.map((row, i) => {
      const item: Record<string, string> = {};
      for (const [field, how] of Object.entries(fields)) {
        const value = extractFilled(row, how, `lists.${name}: row ${i + 1}: ${field}`);
        if (value !== null) item[field] = value;
      }
      return item;
    });
  }
}

function readAccounts({ accounts }: ConnectorPage, document: Document): StagedAccount[] {
  if (!accounts) return [];
  const rows = find(accounts.rows, document);
  if (rows.length > MAX_ITEMS) throw new Incomplete(`accounts: more than ${MAX_ITEMS} rows`);
  const read = rows.map((row, i): StagedAccount => {
    const where = `accounts: row ${i + 1}`;
    const filled = (name: 'key' | 'branch' | 'number') => {
      const value = extractFilled(row, { ...accounts[name], optional: false }, `${where}: ${name}`) ?? '';
      return name === 'key' ? value : narrow(value).replaceAll(/[\s-]/g, '');
    };
    const balance = parsePrintedAmount(extractFilled(row, accounts.balance, `${where}: balance`) ?? '');
    if (!balance) throw new Incomplete(`${where}: balance: not an amount`);
    const printed = accounts.asOf ? extractFilled(row, accounts.asOf, `${where}: asOf`) : null;
    const asOf = printed === null ? null : csvDate(printed, null);
    if (printed !== null && !(asOf && 'day' in asOf)) throw new Incomplete(`${where}: asOf: not a day`);
    const number = filled('number');
    if (!/^\d{1,14}$/.test(number)) throw new SiteChanged(`${where}: number (${accounts.number.select}): not an account number`);
    const kind = extract(row, accounts.type, `${where}: type`);
    return {
      key: filled('key'),
      branch: filled('branch'),
      branchName: accounts.branchName ? extractFilled(row, { ...accounts.branchName, optional: true }, `${where}: branchName`) : null,
      type: accountTypeOf(kind),
      kind,
      currency:
        (accounts.currency ? currencyIn(extractFilled(row, accounts.currency, `${where}: currency`), where) : null) ??
        currencyOfKind(kind ?? ''),
      number,
      balance: staged(balance),
      asOf: asOf && 'day' in asOf ? asOf.day : null,
    };
  });
  if (new Set(read.map((account) => account.key)).size < read.length) throw new Incomplete('accounts: two rows have the same key');
  return read;
}

/** How many accounts the bank says there are, of which this page may show a part; null when the connector names no place for it. */
function declaredAccounts({ accounts }: ConnectorPage, document: Document, rows: number): number | null {
  if (!accounts?.count) return null;
  const text = (extract(document, { ...accounts.count, optional: false }, 'accounts.count') ?? '').replaceAll(',', '');
  if (!/^\d{1,4}$/.test(text)) throw new SiteChanged(`accounts.count (${accounts.count.select}): not a number`);
  if (rows > Number(text)) throw new Incomplete(`accounts: ${rows} rows, ${text} declared`);
  return Number(text);
}

/** As banks print them beside an account in a foreign currency. */
// biome-ignore format: one list of names
const CURRENCIES: Readonly<Record<string, string>> = {
  円: 'JPY', 日本円: 'JPY', 米ドル: 'USD', アメリカドル: 'USD', ユーロ: 'EUR', 英ポンド: 'GBP', 豪ドル: 'AUD', オーストラリアドル: 'AUD',
  ニュージーランドドル: 'NZD', カナダドル: 'CAD', スイスフラン: 'CHF', 香港ドル: 'HKD', シンガポールドル: 'SGD', 人民元: 'CNY',
};

/** ISO 4217; null when nothing is printed. A name that is not known is never taken for the connector's currency. */
function currencyIn(printed: string | null, where: string): string | null {
  if (printed === null) return null;
  const plain = printed.normalize('NFKC').replaceAll(/\s/gu, '');
  const code = /^[A-Z]{3}$/.test(plain) ? plain : CURRENCIES[plain];
  if (code === undefined) throw new Incomplete(`${where}: currency: not one that is known`);
  return code;
}

/** Selectors that are none, as problems: a connector with one is refused when it is loaded, not when a page comes. */
export function selectorProblems(connector: Connector): string[] {
  const problems: string[] = [];
  const look = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value))
      if (typeof inner !== 'string') look(inner, `${path}.${key}`);
      else if (key === 'select' || key === 'rows') {
        try {
          checkSelector(inner);
        } catch {
          problems.push(`${path}.${key}: is not a CSS selector`);
        }
      } else if (key === 'capture') {
        try {
          new RegExp(inner, 'u');
        } catch {
          problems.push(`${path}.${key}: is not a regular expression`);
        }
      }
  };
  look(connector.pages, 'pages');
  return problems;
}
