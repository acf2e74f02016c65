/** One line of the journal: a fact about an order, chained to the line before. */
import { createHash } from 'node:crypto';
import { Cause, CompactJws, ConnectionId, OrderId, RunId, Sha256, Traceparent } from '@enishi/contracts';
import { z } from 'zod';

/** What the journal keeps of an order: enough to say what was done, and to answer for it after a crash. No query, no form, no secret. */
export const OrderFacts = z.strictObject({
  orderId: OrderId,
  runId: RunId,
  connectionId: ConnectionId,
  step: z.number().int(),
  /** Name in the connector. */
  request: z.string().max(40),
  method: z.enum(['GET', 'POST']),
  host: z.string().max(300),
  path: z.string().max(300),
  effect: z.enum(['read', 'once']),
  orderHash: Sha256,
  connectorHash: Sha256,
  /** Statement of the parser's key, to seal an answer with after a crash. */
  resultKey: CompactJws,
  traceparent: Traceparent,
});
export type OrderFacts = z.infer<typeof OrderFacts>;

const Outcome = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('response'), status: z.number().int(), durationMs: z.number().int() }),
  z.strictObject({ kind: z.literal('failed'), cause: Cause, detail: z.string().max(500) }),
]);

const chained = {
  /** 1, 2, 3, … through all segments. */
  n: z.number().int().min(1),
  at: z.iso.datetime(),
  /** SHA-256 of the line before, without its line feed; of nothing for the first. */
  prev: Sha256,
};

export const JournalLine = z.discriminatedUnion('what', [
  /** From here on the bank may have been asked. */
  z.strictObject({ ...chained, what: z.literal('started'), order: OrderFacts }),
  /** The sealed result is on the disk. */
  z.strictObject({ ...chained, what: z.literal('done'), order: OrderFacts, outcome: Outcome, bytes: z.number().int(), resultHash: Sha256 }),
  /** The platform has stored the result. */
  z.strictObject({ ...chained, what: z.literal('delivered'), orderId: OrderId }),
  /** The platform will never take the result. */
  z.strictObject({ ...chained, what: z.literal('discarded'), orderId: OrderId, code: z.string().max(100) }),
  /** Something that claimed to be an order, and was not one for this terminal now. */
  z.strictObject({ ...chained, what: z.literal('ignored'), orderId: OrderId, rule: z.string().max(60), detail: z.string().max(500) }),
  /** The process or the machine died within a line; that line is gone. */
  z.strictObject({ ...chained, what: z.literal('recovered'), lostBytes: z.number().int() }),
  /** First line of a further segment: what the segments before leave open or must not be done again. */
  z.strictObject({
    ...chained,
    what: z.literal('continued'),
    open: z.array(z.strictObject({ order: OrderFacts, at: z.iso.datetime(), resultHash: Sha256.nullable() })),
    settled: z.array(z.strictObject({ orderId: OrderId, at: z.iso.datetime() })),
    /** `once` orders that were begun, for the limit of a day. Journals from before it was kept have none. */
    once: z.array(z.strictObject({ orderId: OrderId, connectionId: ConnectionId, at: z.iso.datetime() })).default([]),
  }),
]);
export type JournalLine = z.infer<typeof JournalLine>;

type Without<T> = T extends unknown ? Omit<T, 'n' | 'at' | 'prev'> : never;
/** A line before it is chained. */
export type JournalFact = Without<JournalLine>;

export const hashOfLine = (text: string) => createHash('sha256').update(text).digest('base64url');
export const HASH_OF_NOTHING = hashOfLine('');

/** Where a chain stands. */
export interface ChainHead {
  readonly n: number;
  readonly hash: string;
}
export const CHAIN_START: ChainHead = { n: 0, hash: HASH_OF_NOTHING };

/** Parses one line without its line feed; null when it is no line of ours. */
export function parseLine(text: string): JournalLine | null {
  try {
    const parsed = JournalLine.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** A place where the chain does not hold. */
export interface ChainBreak {
  /** Number of the line after the gap, or of the unreadable one. */
  readonly line: number;
  readonly what: 'lines are missing' | 'the line was changed' | 'the line cannot be read' | 'lines are missing at the end';
}

export interface ReadSegment {
  readonly lines: JournalLine[];
  readonly breaks: ChainBreak[];
  readonly head: ChainHead;
  /** Bytes up to and with the last good line; what follows is torn. */
  readonly goodBytes: number;
  /** The last good line stands there without its line feed. */
  readonly lineFeedMissing: boolean;
}

/**
 * Reads one segment. Unreadable bytes after the last good line are a torn write and no break; before a good line
 * they are damage, which is told and passed over.
 * @param before where the segment before ended; null when that segment is not there any more
 */
export function readSegment(bytes: Uint8Array, before: ChainHead | null): ReadSegment {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lines: JournalLine[] = [];
  const breaks: ChainBreak[] = [];
  let unreadable: ChainBreak[] = [];
  let head = before;
  let goodBytes = 0;
  let lineFeedMissing = false;
  for (let start = 0; start < whole.length; ) {
    const feed = whole.indexOf(0x0a, start);
    const end = feed === -1 ? whole.length : feed;
    const text = whole.toString('utf8', start, end);
    const line = parseLine(text);
    start = end + 1;
    if (!line) {
      unreadable.push({ line: (head?.n ?? 0) + 1, what: 'the line cannot be read' });
      continue;
    }
    breaks.push(...unreadable);
    if (head && unreadable.length === 0) {
      if (line.n !== head.n + 1) breaks.push({ line: line.n, what: 'lines are missing' });
      else if (line.prev !== head.hash) breaks.push({ line: head.n, what: 'the line was changed' });
    }
    unreadable = [];
    lines.push(line);
    head = { n: line.n, hash: hashOfLine(text) };
    goodBytes = Math.min(end + 1, whole.length);
    lineFeedMissing = feed === -1;
  }
  return { lines, breaks, head: head ?? CHAIN_START, goodBytes, lineFeedMissing };
}
