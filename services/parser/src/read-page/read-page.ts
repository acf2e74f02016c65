/** Reads one answer of a bank by the connector: which page it is, its facts, and how far it is complete. Never guesses. (A4) */
import { type Cause, type Connector, type ConnectorPage, clip, type PageVerdict } from '@enishi/contracts';
import { csvDate } from '../read-statement/dates.js';
import { parsePrintedAmount } from '../read-statement/money.js';
import { extract, extractFilled, Incomplete, SiteChanged } from './extract.js';
import { checkSelector, type Document, find } from './html-tree.js';
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
}

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
  };
}

export function readPage(connector: Connector, asked: Asked, response: BankResponse): PageReading {
  const matched = matchPage(connector, response, asked);
  if (matched.as === 'changed') return unread('SITE_CHANGED', `page ${matched.name}: ${matched.what}`);
  if (matched.as === 'unknown') return unread(causeOfUnknown(response.status), matched.why);
  const { name, page, document, file } = matched;
  const reading: PageReading = { ...unread('UNKNOWN_PAGE', null), page: name, verdict: 'not_a_statement', cause: null };
  const accountKey = asked.params.account ?? null;
  try {
    if (document) {
      readFacts(reading, page, document);
      const accounts = readAccounts(page, document);
      const statement = page.statement?.from === 'html' ? readHtmlStatement(document, page.statement, accountKey) : null;
      if (accounts.length > 0 || statement) reading.staged = { accounts, statement: statement?.statement ?? null };
      if (statement) reading.verdict = statement.verdict;
    } else if (file && page.statement?.from === 'file') {
      const { verdict, statement } = readFileStatement(file, accountKey);
      reading.verdict = verdict;
      reading.staged = { accounts: [], statement };
    }
    reading.rows = reading.staged?.statement?.transactions.length ?? 0;
    return reading;
  } catch (error) {
    if (error instanceof SiteChanged) return { ...unread('SITE_CHANGED', `page ${name}: ${error.what}`), page: name };
    if (error instanceof Incomplete) return { ...unread('INCOMPLETE_DATA', `page ${name}: ${error.what}`), page: name, verdict: 'partial' };
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
      return name === 'key' ? value : value.normalize('NFKC').replaceAll(/[\s-]/g, '');
    };
    const balance = parsePrintedAmount(extractFilled(row, accounts.balance, `${where}: balance`) ?? '');
    if (!balance) throw new Incomplete(`${where}: balance: not an amount`);
    const printed = accounts.asOf ? extractFilled(row, accounts.asOf, `${where}: asOf`) : null;
    const asOf = printed === null ? null : csvDate(printed, null);
    if (printed !== null && !(asOf && 'day' in asOf)) throw new Incomplete(`${where}: asOf: not a day`);
    const number = filled('number');
    if (!/^\d{1,14}$/.test(number)) throw new SiteChanged(`${where}: number (${accounts.number.select}): not an account number`);
    return {
      key: filled('key'),
      branch: filled('branch'),
      branchName: accounts.branchName ? extractFilled(row, { ...accounts.branchName, optional: true }, `${where}: branchName`) : null,
      type: accountTypeOf(extract(row, accounts.type, `${where}: type`)),
      number,
      balance: staged(balance),
      asOf: asOf && 'day' in asOf ? asOf.day : null,
    };
  });
  if (new Set(read.map((account) => account.key)).size < read.length) throw new Incomplete('accounts: two rows have the same key');
  return read;
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
