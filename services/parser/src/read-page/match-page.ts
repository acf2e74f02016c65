/** Which page of the connector an answer is. The first marker says which page it is; the others are what that page promises. */
import type { Connector, ConnectorPage } from '@enishi/contracts';
import { type CharsetEvidence, type ChosenCharset, charsetNamed, chooseCharset, decode } from '../read-statement/charset.js';
import { readStatement } from '../read-statement/read-statement.js';
import type { StatementFile } from '../read-statement/statement-file.js';
import { type Document, find, parseHtml, textOf } from './html-tree.js';

export interface BankResponse {
  status: number;
  headers: Readonly<Partial<Record<'content-type' | 'content-disposition' | 'location' | 'date' | 'retry-after', string>>>;
  body: Uint8Array;
}

export type Matched =
  /** `doubt`: what speaks against the charset that it was read in. */
  | { as: 'page'; name: string; page: ConnectorPage; document: Document | null; file: StatementFile | null; doubt: string | null }
  | { as: 'changed'; name: string; what: string }
  | { as: 'unknown'; why: string };

const META = /<meta\s[^>]{0,300}?charset\s*=\s*["']?\s*([\w-]+)/i;
/** Browsers look no further for the meta element. */
const META_BYTES = 1_024;

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

/** What transport and connector say of the answer, and what a page says of itself. */
function charsetsTold({ headers, body }: BankResponse, connector: Connector, as: 'page' | 'file'): CharsetEvidence[] {
  const header = /charset\s*=\s*"?([\w-]+)/i.exec(headers['content-type'] ?? '')?.[1];
  const head = latin1(body.subarray(0, META_BYTES)).replaceAll(/<!--.*?-->/gs, '');
  const meta = as === 'page' ? META.exec(head)?.[1] : undefined;
  const told: [CharsetEvidence['by'], string | undefined][] = [
    ['header', header],
    ['meta', meta],
    ['connector', connector.charset],
  ];
  return told.flatMap(([by, label]) => {
    const named = label === undefined ? null : charsetNamed(label);
    // A page that says UTF-16 in letters of one byte is not in it (WHATWG HTML, 13.2.3.2).
    const charset = by === 'meta' && named?.startsWith('utf-16') ? 'utf-8' : named;
    return charset === null ? [] : [{ by, charset }];
  });
}

function isHtml({ headers, body }: BankResponse): boolean {
  const type = headers['content-type']?.toLowerCase();
  if (type !== undefined) return type.includes('html');
  return latin1(body.subarray(0, 200))
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart()
    .startsWith('<');
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
        return { as: 'page', name, page, document: null, file: null, doubt: null };
    return { as: 'unknown', why: 'a redirect to a place that no page of the connector names' };
  }
  return isHtml(response) ? matchHtml(connector, response, candidates, maxNodes) : matchFile(connector, response, candidates, fetchedOn);
}

function matchHtml(connector: Connector, response: BankResponse, candidates: [string, ConnectorPage][], maxNodes: number): Matched {
  const { charset, unsure, doubt }: ChosenCharset = chooseCharset(response.body, charsetsTold(response, connector, 'page'));
  if (unsure) return { as: 'unknown', why: `it is not sure which characters the page is written in; ${doubt}` };
  // A byte order mark has told the charset, and is no text.
  const document = parseHtml(decode(response.body, charset).replace(/^\uFEFF/u, ''), maxNodes);
  const because = doubt === null ? '' : `; ${doubt}`;
  let changed: Matched | null = null;
  for (const [name, page] of candidates) {
    const { match } = page;
    if (match.as !== 'html' || match.status !== response.status) continue;
    const [first, ...others] = match.markers;
    if (!first || !isThere(document, first)) continue;
    const missing = others.find((marker) => !isThere(document, marker));
    if (!missing) return { as: 'page', name, page, document, file: null, doubt };
    changed ??= { as: 'changed', name, what: `marker ${missing.select}${missing.text ? ` "${missing.text}"` : ''}: not found${because}` };
  }
  return changed ?? { as: 'unknown', why: `an HTML page with status ${response.status} that no page of the connector fits${because}` };
}

function matchFile(connector: Connector, response: BankResponse, candidates: [string, ConnectorPage][], fetchedOn: string): Matched {
  const files = candidates.filter(([, page]) => page.match.as === 'file');
  if (response.status !== 200 || files.length === 0)
    return { as: 'unknown', why: `something that is not HTML, with status ${response.status}` };
  let why = '';
  for (const [name, page] of files) {
    if (page.match.as !== 'file') continue;
    const { format, profile = null } = page.match;
    const charsets = charsetsTold(response, connector, 'file');
    const file = readStatement(response.body, { profile, charsets, fetchedOn, asOf: fetchedOn });
    if (file.format === format) return { as: 'page', name, page, document: null, file, doubt: null };
    const [problem] = file.problems;
    why = `page ${name}: ${file.format ?? (problem ? `${problem.code} (${problem.message})` : 'another format')} instead of ${format}`;
  }
  return { as: 'unknown', why };
}
