/** Which page of the connector an answer is. The first marker says which page it is; the others are what that page promises. */
import type { Connector, ConnectorPage } from '@enishi/contracts';
import { type Charset, decode } from '../read-statement/charset.js';
import { readStatement } from '../read-statement/read-statement.js';
import type { StatementFile } from '../read-statement/statement-file.js';
import { type Document, find, parseHtml, textOf } from './html-tree.js';

export interface BankResponse {
  status: number;
  headers: Readonly<Partial<Record<'content-type' | 'content-disposition' | 'location' | 'date' | 'retry-after', string>>>;
  body: Uint8Array;
}

export type Matched =
  | { as: 'page'; name: string; page: ConnectorPage; document: Document | null; file: StatementFile | null }
  | { as: 'changed'; name: string; what: string }
  | { as: 'unknown'; why: string };

const CHARSETS: Readonly<Record<string, Charset>> = {
  shift_jis: 'shift_jis',
  'shift-jis': 'shift_jis',
  sjis: 'shift_jis',
  'x-sjis': 'shift_jis',
  'windows-31j': 'shift_jis',
  cp932: 'shift_jis',
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'euc-jp': 'euc-jp',
};

/** What the transport declares, else what the connector says. */
export function charsetOfResponse({ headers }: BankResponse, connector: Connector): Charset {
  const declared = /charset\s*=\s*"?([\w-]+)/i.exec(headers['content-type'] ?? '')?.[1]?.toLowerCase();
  return (declared && CHARSETS[declared]) || connector.charset;
}

function isHtml({ headers, body }: BankResponse): boolean {
  const type = headers['content-type']?.toLowerCase();
  if (type !== undefined) return type.includes('html');
  return Buffer.from(body.subarray(0, 200)).toString('latin1').trimStart().startsWith('<');
}

/** Path and query at the bank itself; elsewhere the whole address, which no pattern of a path fits. */
function placeOf(location: string, origin: string): string {
  if (!URL.canParse(location, origin)) return location;
  const url = new URL(location, origin);
  return url.origin === new URL(origin).origin ? url.pathname + url.search : url.href;
}

type Markers = Extract<ConnectorPage['match'], { as: 'html' }>['markers'];

function isThere(document: Document, { select, text }: Markers[number]): boolean {
  const found = find(select, document);
  return text === undefined ? found.length > 0 : found.some((element) => textOf(element).includes(text));
}

export interface MatchOptions {
  /** Name of the request that was answered. */
  request: string;
  /** YYYY-MM-DD: years of eras in files are told by it. */
  fetchedOn: string;
  /** Elements and attributes of an HTML page, at most. */
  maxNodes: number;
}

/** @throws PageBeyondLimit */
export function matchPage(connector: Connector, response: BankResponse, { request, fetchedOn, maxNodes }: MatchOptions): Matched {
  const candidates = Object.entries(connector.pages).filter(([, page]) => page.answers.includes(request));
  const location = response.headers.location;
  if (response.status >= 300 && response.status < 400 && location !== undefined) {
    const place = placeOf(location, connector.origin);
    for (const [name, page] of candidates)
      if (page.match.as === 'redirect' && new RegExp(`^(?:${page.match.location})$`, 'u').test(place))
        return { as: 'page', name, page, document: null, file: null };
    return { as: 'unknown', why: 'a redirect to a place that no page of the connector names' };
  }
  return isHtml(response) ? matchHtml(connector, response, candidates, maxNodes) : matchFile(connector, response, candidates, fetchedOn);
}

function matchHtml(connector: Connector, response: BankResponse, candidates: [string, ConnectorPage][], maxNodes: number): Matched {
  const document = parseHtml(decode(response.body, charsetOfResponse(response, connector)), maxNodes);
  let changed: Matched | null = null;
  for (const [name, page] of candidates) {
    const { match } = page;
    if (match.as !== 'html' || match.status !== response.status) continue;
    const [first, ...others] = match.markers;
    if (!first || !isThere(document, first)) continue;
    const missing = others.find((marker) => !isThere(document, marker));
    if (!missing) return { as: 'page', name, page, document, file: null };
    changed ??= { as: 'changed', name, what: `marker ${missing.select}${missing.text ? ` "${missing.text}"` : ''}: not found` };
  }
  return changed ?? { as: 'unknown', why: `an HTML page with status ${response.status} that no page of the connector fits` };
}

function matchFile(connector: Connector, response: BankResponse, candidates: [string, ConnectorPage][], fetchedOn: string): Matched {
  const files = candidates.filter(([, page]) => page.match.as === 'file');
  if (response.status !== 200 || files.length === 0)
    return { as: 'unknown', why: `something that is not HTML, with status ${response.status}` };
  let why = '';
  for (const [name, page] of files) {
    if (page.match.as !== 'file') continue;
    const { format, profile = null } = page.match;
    const charset = format === 'csv' ? charsetOfResponse(response, connector) : null;
    const file = readStatement(response.body, { profile, charset, fetchedOn, asOf: fetchedOn });
    if (file.format === format) return { as: 'page', name, page, document: null, file };
    why = `page ${name}: ${file.format ?? file.problems[0]?.code ?? 'another format'} instead of ${format}`;
  }
  return { as: 'unknown', why };
}
