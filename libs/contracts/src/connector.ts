/**
 * A connector describes one bank as data: what an order may ask (`requests`), how an answer is known and read
 * (`pages`), and what follows (`transitions`). It is signed offline, its version only goes up, and three parties
 * hold to it: the agent refuses an order that is not one of `requests`, the parser reads by `pages`, the
 * dispatcher's loop goes by `transitions`. (A3, A4)
 */
import { z } from 'zod';
import { Cause } from './causes.js';
import { Text } from './values.js';

const Name = z.string().regex(/^[a-z][A-Za-z0-9]{0,39}$/, 'must be a name in camelCase, 40 characters at most');
/** A regular expression, matched against the whole value. Plain subset: no look-around, no back references. */
export const Pattern = Text.max(200).refine((text) => {
  if (/\(\?[=!<]|\\[1-9]/.test(text)) return false;
  try {
    return new RegExp(`^(?:${text})$`, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}, 'must be a regular expression without look-around and back references');
const Words = z.strictObject({ en: Text.min(1).max(200), ja: Text.min(1).max(200) });

/** Where the value of a field comes from. All but `secret` are put in by the dispatcher; a secret only by the agent. */
export const FieldValue = z.union([
  z.strictObject({ literal: Text.max(500) }),
  /** Filled by the agent from its vault. */
  z.strictObject({ secret: Name }),
  /** A fact of the page that led here. */
  z.strictObject({ fact: Name, pattern: Pattern }),
  /** A field of the list item that this request is for, or carried on from the request before. */
  z.strictObject({ param: Name, pattern: Pattern }),
  /** The asked period, as `format` of yyyy, MM, dd and separators. */
  z.strictObject({ run: z.enum(['from', 'to']), format: z.enum(['yyyyMMdd', 'yyyy-MM-dd', 'yyyy/MM/dd']) }),
]);
export type FieldValue = z.infer<typeof FieldValue>;

export const ConnectorRequest = z.strictObject({
  method: z.enum(['GET', 'POST']),
  path: z
    .string()
    .regex(/^\/[A-Za-z0-9\-._~/]*$/)
    // `//host/` would be another host, and `..` another path, once it is resolved against the origin.
    .refine((path) => !/\/\/|\/\.{1,2}(?:\/|$)/.test(path), 'must have no empty and no dot segments')
    .max(300),
  query: z.record(Text.max(60), FieldValue).default({}),
  /** Form fields (application/x-www-form-urlencoded in the connector's charset), POST only. */
  form: z.record(Text.max(60), FieldValue).default({}),
  headers: z.partialRecord(z.enum(['accept', 'accept-language', 'referer', 'user-agent']), Text.max(300)).default({}),
  /** once: sent at most once in a run whatever dies (a login). read: may be asked again. */
  effect: z.enum(['read', 'once']),
  maxBytes: z.number().int().min(1).max(2_097_152).default(524_288),
  timeoutMs: z.number().int().min(1_000).max(120_000).default(30_000),
});
export type ConnectorRequest = z.infer<typeof ConnectorRequest>;

/** Groups of a regular expression; -1 when it is none. */
function groupsOf(text: string): number {
  try {
    return (new RegExp(`${text}|`, 'u').exec('')?.length ?? 0) - 1;
  } catch {
    return -1;
  }
}

/** One value read from a page: the first element that `select` (CSS) finds; its text, or an attribute. */
export const Extract = z.strictObject({
  select: Text.max(200),
  attribute: Text.max(60).optional(),
  /** A pattern with exactly one group, searched in the value; the group is the result. */
  capture: Text.max(200)
    .refine((text) => groupsOf(text) === 1, 'must be a regular expression with exactly one group')
    .optional(),
  optional: z.boolean().default(false),
});
export type Extract = z.infer<typeof Extract>;

const HtmlMatch = z.strictObject({
  as: z.literal('html'),
  status: z.number().int().default(200),
  /** All of them must be found; with `text`, in an element whose text contains it. */
  markers: z.array(z.strictObject({ select: Text.max(200), text: Text.max(100).optional() })).min(1),
});
const RedirectMatch = z.strictObject({ as: z.literal('redirect'), location: Pattern });
const FileMatch = z.strictObject({ as: z.literal('file'), format: z.enum(['zengin03', 'csv']), profile: Text.max(40).optional() });

/** Rows of an account shown as a table, one page of several. */
const HtmlStatement = z.strictObject({
  from: z.literal('html'),
  rows: Text.max(200),
  date: Extract,
  /** How the bank writes a date. */
  dateFormat: z.enum(['yyyy/MM/dd', 'yyyy年M月d日', 'yyyy-MM-dd']),
  /** Money out and money in: two columns, of which one is blank. */
  withdrawal: Extract,
  deposit: Extract,
  balance: Extract.optional(),
  description: Extract,
  bankId: Extract.optional(),
  /** How many rows the whole list has, as the bank says: with `page` and `pages` the proof of completeness. */
  totalRows: Extract,
  page: Extract,
  pages: Extract,
  /** First and last day of the list as the page states them. Without them the list proves only the days between its entries. */
  period: z.strictObject({ from: Extract, to: Extract }).optional(),
  /** Found only when the bank says that there is nothing: the proof of emptiness. */
  emptyMarker: z.strictObject({ select: Text.max(200), text: Text.max(100) }),
});
const FileStatement = z.strictObject({ from: z.literal('file') });

export const ConnectorPage = z.strictObject({
  match: z.discriminatedUnion('as', [HtmlMatch, RedirectMatch, FileMatch]),
  /** Requests that this page may answer; a page elsewhere is UNKNOWN_PAGE. */
  answers: z.array(Name).min(1),
  /** What crosses from parser to dispatcher: these facts, nothing else. */
  facts: z.record(Name, Extract).default({}),
  lists: z.record(Name, z.strictObject({ rows: Text.max(200), fields: z.record(Name, Extract) })).default({}),
  /** Accounts that the page shows; read by the parser, never passed on. `key` names the account in later requests. */
  accounts: z
    .strictObject({
      rows: Text.max(200),
      key: Extract,
      /** Three digits. */
      branch: Extract,
      branchName: Extract.optional(),
      type: Extract,
      number: Extract,
      balance: Extract,
      /** ISO 4217 code, or the name that the bank prints; absent: the connector's currency. */
      currency: Extract.optional(),
      asOf: Extract.optional(),
      /** How many accounts the bank says there are. Only a list that has so many shows that an account is closed. */
      count: Extract.optional(),
      holderName: Extract.optional(),
    })
    .optional(),
  /** Transactions of the account named by the request's `account` param. */
  statement: z.discriminatedUnion('from', [HtmlStatement, FileStatement]).optional(),
});
export type ConnectorPage = z.infer<typeof ConnectorPage>;

/** How far one answer proves that what was asked is there. It alone drives the loop. (A4) */
export const PageVerdict = z.enum(['complete', 'more_needed', 'empty_proven', 'partial', 'not_a_statement', 'unknown']);
export type PageVerdict = z.infer<typeof PageVerdict>;

/** The first transition whose `page`, `verdict` and `when` fit is taken. */
export const Transition = z.strictObject({
  page: Name,
  verdict: z.array(PageVerdict).optional(),
  /** A fact that must have this value. */
  when: z.record(Name, Text.max(100)).optional(),
  next: z.union([
    z.strictObject({ fail: Cause }),
    /** Orders put into the queue; an empty array: nothing follows from this page. The run has finished when the queue is empty. */
    z
      .array(
        z.strictObject({
          request: Name,
          /** One order per item of this list; the item's fields become params. */
          each: Name.optional(),
          /** Only for items whose fields have these values. */
          where: z.record(Name, Text.max(100)).optional(),
          /** Params given on: by name from a fact, from the item, or from the request before. */
          params: z
            .record(Name, z.union([z.strictObject({ fact: Name }), z.strictObject({ param: Name }), z.strictObject({ item: Name })]))
            .default({}),
        }),
      )
      .max(20),
  ]),
});
export type Transition = z.infer<typeof Transition>;

/** The most that `limits.maxOncePerDay` may say; agents remember as many of each connection. */
export const MAX_ONCE_PER_DAY = 100;

export const Connector = z
  .strictObject({
    id: z.string().regex(/^[a-z][a-z0-9-]{1,39}$/),
    version: z.number().int().min(1),
    name: Words,
    institution: z.strictObject({
      code: z.string().regex(/^\d{4}$/, 'must be the four digits of a Zengin bank code'),
      name: Text.max(60),
    }),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/)
      .default('JPY'),
    /** Loopback addresses are allowed; the agent accepts this only under a development root. */
    development: z.boolean().default(false),
    /** scheme, host and port; the only place where orders may go. */
    origin: z.string().regex(/^https:\/\/[a-z0-9.-]+(:\d{1,5})?$/),
    /** PEM of the CA that the bank's server certificate must chain to; absent: the system's trust store. */
    serverCa: Text.max(20_000).optional(),
    /**
     * Which of the user's certificates is shown: by its issuer, as a name of RFC 4514 (`OU=Client CA,O=Bank\, Inc.,C=JP`;
     * each part must be in the issuer, in this order) or else as its common name alone.
     */
    certificate: z.strictObject({ issuer: Text.min(1).max(200) }),
    charset: z.enum(['shift_jis', 'utf-8', 'euc-jp']),
    secrets: z.record(Name, z.strictObject({ label: Words, pattern: Pattern })),
    requests: z.record(Name, ConnectorRequest),
    pages: z.record(Name, ConnectorPage),
    start: Name,
    transitions: z.array(Transition).min(1).max(200),
    limits: z.strictObject({
      maxSteps: z.number().int().min(1).max(500).default(100),
      maxMinutes: z.number().min(0.1).max(60).default(10),
      /** The asked period, at most; also the default. */
      maxDays: z.number().int().min(1).max(3660).default(90),
      /**
       * `once` orders (logins) of one connection on one day at the bank, at most. The agent counts them on the PC: whoever
       * took over the dispatcher cannot lock the user out by logging in again and again.
       */
      maxOncePerDay: z.number().int().min(1).max(MAX_ONCE_PER_DAY).default(10),
    }),
  })
  .superRefine((connector, ctx) => {
    const complain = (path: (string | number)[], message: string) => ctx.addIssue({ code: 'custom', path, message });
    if (!(connector.start in connector.requests)) complain(['start'], 'must name one of requests');
    for (const [name, page] of Object.entries(connector.pages))
      page.answers.forEach((request, i) => {
        if (!(request in connector.requests)) complain(['pages', name, 'answers', i], 'must name one of requests');
      });
    for (const [name, req] of Object.entries(connector.requests)) {
      if (req.method === 'GET' && Object.keys(req.form).length > 0) complain(['requests', name, 'form'], 'a GET has no form');
      if (req.method === 'POST' && req.effect !== 'once') complain(['requests', name, 'effect'], 'a POST must be sent once');
      for (const [field, value] of Object.entries(req.query))
        if ('secret' in value) complain(['requests', name, 'query', field], 'a secret never stands in a URL');
      for (const [field, value] of Object.entries(req.form))
        if ('secret' in value && !(value.secret in connector.secrets))
          complain(['requests', name, 'form', field], 'must name one of secrets');
    }
    connector.transitions.forEach((transition, i) => {
      const page = connector.pages[transition.page];
      if (page === undefined) return complain(['transitions', i, 'page'], 'must name one of pages');
      for (const fact of Object.keys(transition.when ?? {}))
        if (!(fact in page.facts)) complain(['transitions', i, 'when', fact], 'must name a fact of the page');
      if (Array.isArray(transition.next))
        transition.next.forEach((order, j) => {
          const place = ['transitions', i, 'next', j];
          if (!(order.request in connector.requests)) complain([...place, 'request'], 'must name one of requests');
          const list = order.each === undefined ? undefined : page.lists[order.each];
          if (order.each !== undefined && list === undefined) complain([...place, 'each'], 'must name a list of the page');
          for (const field of Object.keys(order.where ?? {}))
            if (!(field in (list?.fields ?? {}))) complain([...place, 'where', field], 'must name a field of the list');
          for (const [param, value] of Object.entries(order.params)) {
            if ('fact' in value && !(value.fact in page.facts)) complain([...place, 'params', param], 'must name a fact of the page');
            if ('item' in value && !(value.item in (list?.fields ?? {})))
              complain([...place, 'params', param], 'must name a field of the list');
          }
        });
    });
  });
export type Connector = z.infer<typeof Connector>;
