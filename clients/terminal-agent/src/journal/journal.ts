/**
 * The agent's memory of its orders, on disk before anything is done (at-most-once).
 *
 * `journal/000001.jsonl`, `000002.jsonl`, …: lines are only ever added, each holds the hash of the one before.
 * `results/<order>.jwe`: sealed results that the platform has not confirmed yet; they go when it has.
 */
import { closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectionId, OrderId } from '@enishi/contracts';
import { sha256 } from '@enishi/crypto';
import { AppError } from '@enishi/errors';
import { z } from 'zod';
import { appendDurably, syncFolder, writeDurably, writeWhole } from '../home/durable-file.js';
import type { Home } from '../home/home.js';
import {
  CHAIN_START,
  type ChainBreak,
  type ChainHead,
  hashOfLine,
  type JournalFact,
  JournalLine,
  type OrderFacts,
  readSegment,
} from './journal-line.js';
import { OrderBook, type OrderStanding, SETTLED_MEMORY_MS } from './order-book.js';

/** A segment that has grown to this size is followed by a new one at the next start or line. */
export const SEGMENT_LIMIT_BYTES = 4 * 1024 * 1024;
/** Segments kept; the oldest go. About a hundred thousand lines. */
export const MAX_SEGMENTS = 10;
/** Lines about things that were no orders, per hour: a hostile relay shall not fill the disk. */
export const MAX_IGNORED_PER_HOUR = 100;

const SEGMENT_NAME = /^\d{6}\.jsonl$/;
const HeadFile = z.strictObject({ n: z.number().int(), hash: z.string() });

export interface JournalHistory {
  readonly lines: JournalLine[];
  readonly breaks: ChainBreak[];
}

function segmentsIn(folder: string): string[] {
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => SEGMENT_NAME.test(name))
        .toSorted()
    : [];
}

function readHeadFile(folder: string): ChainHead | null {
  try {
    return HeadFile.parse(JSON.parse(readFileSync(join(folder, 'head.json'), 'utf8')));
  } catch {
    return null;
  }
}

/** All lines that are still there and all places where the chain does not hold. Changes nothing; `run` may be writing meanwhile. */
export function readJournal(folder: string): JournalHistory & { head: ChainHead } {
  // Read before the segments: a line that is added meanwhile then makes the journal newer than its head, which is no break.
  const promised = readHeadFile(folder);
  const lines: JournalLine[] = [];
  const breaks: ChainBreak[] = [];
  let head: ChainHead | null = null;
  for (const name of segmentsIn(folder)) {
    const before: ChainHead | null = head ?? (name === '000001.jsonl' ? CHAIN_START : null);
    const segment = readSegment(readFileSync(join(folder, name)), before);
    lines.push(...segment.lines);
    breaks.push(...segment.breaks);
    head = segment.head;
  }
  const reached = head ?? CHAIN_START;
  if (promised && promised.n > reached.n) breaks.push({ line: reached.n + 1, what: 'lines are missing at the end' });
  return { lines, breaks, head: reached };
}

export class Journal {
  private readonly book = new OrderBook();
  private handle = -1;
  private head: ChainHead = CHAIN_START;
  private segment = '';
  /** Length of its whole lines. */
  private segmentBytes = 0;
  /** A torn line could not be taken away: whatever came behind it would be lost at the next start. */
  private isBroken = false;
  private ignoredInHour = { hour: 0, count: 0 };
  /** Found when it was opened. */
  readonly breaks: readonly ChainBreak[];

  /** Opens the journal for writing and mends a torn end. Only the holder of the run lock may. */
  constructor(
    private readonly home: Home,
    private readonly now: () => Date = () => new Date(),
    private readonly segmentLimitBytes = SEGMENT_LIMIT_BYTES,
  ) {
    const history = readJournal(home.journalFolder);
    this.breaks = history.breaks;
    for (const line of history.lines) this.book.apply(line);
    // A promised head beyond the end means removed lines: their numbers are not given again.
    const promised = readHeadFile(home.journalFolder);
    this.head = promised && promised.n > history.head.n ? promised : history.head;
    this.openSegment(segmentsIn(home.journalFolder).at(-1) ?? '000001.jsonl');
    this.removeLeftOverResults();
  }

  private openSegment(name: string): void {
    const before = this.handle;
    this.handle = openSync(join(this.home.journalFolder, name), 'a+', 0o600);
    this.segment = name;
    // Only now: had the new one not opened (a full disk), the one before would still be there to write to.
    if (before !== -1) closeSync(before);
    this.segmentBytes = fstatSync(this.handle).size;
    syncFolder(this.home.journalFolder);
    const bytes = readFileSync(join(this.home.journalFolder, name));
    const { goodBytes, lineFeedMissing } = readSegment(bytes, null);
    const lostBytes = bytes.length - goodBytes;
    if (lostBytes > 0) ftruncateSync(this.handle, goodBytes);
    if (lineFeedMissing) appendDurably(this.handle, '\n');
    fsyncSync(this.handle);
    this.segmentBytes = fstatSync(this.handle).size;
    if (lostBytes > 0) this.add({ what: 'recovered', lostBytes });
  }

  /** @throws when the line is not on the disk; then nothing of it is, or nothing more is written until the next start */
  private add(fact: JournalFact): JournalLine {
    if (this.isBroken)
      throw new AppError('terminal-agent.journal_broken', 'broken', 'the journal cannot be written: start the agent again', {
        place: join(this.home.journalFolder, this.segment),
      });
    if (this.segmentBytes >= this.segmentLimitBytes && fact.what !== 'continued') this.continueInNewSegment();
    const line = JournalLine.parse({ n: this.head.n + 1, at: this.now().toISOString(), prev: this.head.hash, ...fact });
    const text = JSON.stringify(line);
    // Dies within: the line is torn and taken away at the next start; nothing was announced yet.
    try {
      appendDurably(this.handle, `${text}\n`);
    } catch (error) {
      this.takeBack();
      throw error;
    }
    this.segmentBytes += Buffer.byteLength(text) + 1;
    this.head = { n: line.n, hash: hashOfLine(text) };
    this.book.apply(line);
    writeWhole(join(this.home.journalFolder, 'head.json'), JSON.stringify(this.head));
    return line;
  }

  /** Part of a line may have been written (a full disk). The next line must not stand behind it: neither could be read. */
  private takeBack(): void {
    try {
      ftruncateSync(this.handle, this.segmentBytes);
      fsyncSync(this.handle);
    } catch {
      this.isBroken = true;
    }
  }

  private continueInNewSegment(): void {
    const name = `${String(Number(this.segment.slice(0, 6)) + 1).padStart(6, '0')}.jsonl`;
    const open = this.book.open().map((standing) => ({
      order: standing.order,
      at: standing.at,
      resultHash: standing.state === 'done' ? standing.resultHash : null,
    }));
    const settled = this.book.settledSince(new Date(this.now().getTime() - SETTLED_MEMORY_MS));
    const once = [...this.book.once()];
    this.openSegment(name);
    this.add({ what: 'continued', open, settled, once });
    // Only now: dies before, and the old segments still tell everything.
    for (const old of segmentsIn(this.home.journalFolder).slice(0, -MAX_SEGMENTS)) rmSync(join(this.home.journalFolder, old));
  }

  /** Results that no open order claims: of a crash between the file and its line, or between confirmation and removal. */
  private removeLeftOverResults(): void {
    const claimed = new Set(this.book.open().flatMap((standing) => (standing.state === 'done' ? [`${standing.order.orderId}.jwe`] : [])));
    for (const name of readdirSync(this.home.resultsFolder)) if (!claimed.has(name)) rmSync(join(this.home.resultsFolder, name));
  }

  find(orderId: OrderId): OrderStanding | undefined {
    return this.book.find(orderId);
  }

  /** Orders whose outcome the platform has not confirmed, oldest first. */
  open(): Exclude<OrderStanding, { state: 'settled' }>[] {
    return this.book.open();
  }

  onceBegun(connectionId: ConnectionId): string[] {
    return this.book.onceBegunOf(connectionId);
  }

  /** Returns when it is on the disk: only then may the bank be asked. */
  started(order: OrderFacts): void {
    this.add({ what: 'started', order });
  }

  /** Returns when the sealed result and its line are on the disk: only then may it be sent. */
  done(order: OrderFacts, outcome: (JournalLine & { what: 'done' })['outcome'], bytes: number, resultJwe: string): void {
    // Dies after this write: no line claims the file; the order stands as started, and the file goes at the next start.
    writeDurably(this.home.resultFile(order.orderId), resultJwe);
    this.add({ what: 'done', order, outcome, bytes, resultHash: sha256(resultJwe) });
  }

  /** The sealed result as it was written; undefined when its file is gone or was changed. */
  resultOf(orderId: OrderId): string | undefined {
    const standing = this.book.find(orderId);
    if (standing?.state !== 'done') return undefined;
    try {
      const jwe = readFileSync(this.home.resultFile(orderId), 'utf8');
      return sha256(jwe) === standing.resultHash ? jwe : undefined;
    } catch {
      return undefined;
    }
  }

  delivered(orderId: OrderId): void {
    if (this.book.find(orderId)?.state !== 'done') return;
    this.add({ what: 'delivered', orderId });
    rmSync(this.home.resultFile(orderId), { force: true });
  }

  discarded(orderId: OrderId, code: string): void {
    if (this.book.find(orderId)?.state !== 'done') return;
    this.add({ what: 'discarded', orderId, code });
    rmSync(this.home.resultFile(orderId), { force: true });
  }

  /** Notes something that was not taken. False when there have been too many in this hour to write them all. */
  ignored(orderId: OrderId, rule: string, detail: string): boolean {
    const hour = Math.floor(this.now().getTime() / 3_600_000);
    if (this.ignoredInHour.hour !== hour) this.ignoredInHour = { hour, count: 0 };
    if (++this.ignoredInHour.count > MAX_IGNORED_PER_HOUR) return false;
    this.add({ what: 'ignored', orderId, rule, detail: detail.slice(0, 500) });
    return true;
  }

  close(): void {
    closeSync(this.handle);
  }
}
