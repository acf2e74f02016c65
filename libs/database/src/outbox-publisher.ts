import { counter, gauge, type Logger } from '@enishi/telemetry';
import { pruneInbox } from './inbox.js';
import type { OutboxRow } from './outbox.js';
import { OutboxWaits } from './outbox-waits.js';
import { KEEP_PUBLISHED_MS } from './republish.js';
import type { SqlClient, TransactingClient } from './sql-client.js';

export interface OutboxPublisherOptions {
  sql: TransactingClient;
  /** Resolves when the stream has taken the row; a rejection leaves the row for later. Must settle within 10 s. */
  publish(row: OutboxRow): Promise<void>;
  /** How long a row that nobody poked for may wait. Default 1 000. */
  pollMs?: number;
  /** Rows claimed at a time. Default 50. */
  batch?: number;
  /** First wait of a row that fails while others of its subject go; doubles each time, up to a minute. Default 1 000. */
  retryRowMs?: number;
  /** Longest wait of a subject of which nothing goes (no stream, bus away); the first is 100 ms. Default 2 000. */
  retrySubjectMs?: number;
  /** Published rows are kept for this long: `republish` can tell them again. Default 24 h. */
  keepPublishedMs?: number;
  /** How long the inbox remembers an event: longer than anything can be delivered or replayed. Default 40 days. */
  keepHeardMs?: number;
  /** Told when rows begin to wait and when they go again, once each; never a payload. */
  log?: Logger;
}

/** A poke may come before the commit that it announces is visible: these are the waits between the looks that follow one. */
const LOOKS_AFTER_POKE_MS = [0, 15, 40, 100, 250];
const PRUNE_EVERY_MS = 60_000;
const PRUNE_BATCH = 1_000;
/** The claim holds its rows while they are published; a hung one is given up and its rows are free again. */
const CLAIM_LIMIT_MS = 20_000;

const pending = gauge({ name: 'enishi_outbox_pending_rows', help: 'Rows that are not published yet.' });
const lag = gauge({ name: 'enishi_outbox_lag_seconds', help: 'Age of the oldest row that is not published yet.' });
const published = counter({ name: 'enishi_outbox_published', help: 'Rows that were published by this process.' });
const failed = counter<'what'>({ name: 'enishi_outbox_failures', help: 'Tries that left rows unpublished.', labels: ['what'] });

/**
 * Publishes what is in the outbox, at least once, in about the order of commit.
 *
 * A claim is a transaction: rows are locked with SKIP LOCKED, published, marked, committed. What is looked for is "not
 * marked", never "newer than the last": a row whose transaction began earlier and committed later is found like any other.
 * Several publishers share the work. A process that dies between publish and commit leaves the rows unmarked; the next
 * claim publishes them again under the same id, and the stream (or the hearer's inbox) drops the second.
 */
export class OutboxPublisher {
  readonly #options: Required<Omit<OutboxPublisherOptions, 'log'>>;
  readonly #log: Logger | undefined;
  readonly #waits: OutboxWaits;
  #running: Promise<void> | undefined;
  #stopped = false;
  #wake: () => void = () => {};
  #looks: number[] = [];
  #databaseAway = false;
  #pruneAt = 0;

  constructor({ log, ...options }: OutboxPublisherOptions) {
    this.#options = {
      pollMs: 1_000,
      batch: 50,
      retryRowMs: 1_000,
      retrySubjectMs: 2_000,
      keepPublishedMs: KEEP_PUBLISHED_MS,
      keepHeardMs: 40 * 24 * 3_600_000,
      ...options,
    };
    this.#log = log;
    this.#waits = new OutboxWaits(this.#options, log);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** A transaction that wrote rows is committed, or about to be: look now. */
  poke(): void {
    this.#looks = [...LOOKS_AFTER_POKE_MS];
    this.#wake();
  }

  /** Finishes the batch under way; resolves when nothing more will be published by this process. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      let waitMs = this.#options.pollMs;
      try {
        // Of a full batch there may be more; subjects and rows that wait are not claimed, so that this comes to an end.
        if ((await this.#publishBatch()) === this.#options.batch) continue;
        await this.#measure();
        await this.#prune();
        waitMs = Math.min(waitMs, this.#waits.shortestMs());
        if (this.#databaseAway) this.#log?.info('the outbox can be read again');
        this.#databaseAway = false;
      } catch (error) {
        // The database is away: the rows are safe in it.
        failed.add({ what: 'database' });
        if (!this.#databaseAway) this.#log?.warn({ err: error }, 'the outbox cannot be read; events wait in it');
        this.#databaseAway = true;
      }
      await this.#sleep(waitMs);
    }
  }

  /** Rows claimed. */
  #publishBatch(): Promise<number> {
    const { rows: waitingRows, subjects: waitingSubjects } = this.#waits.waiting();
    return this.#options.sql.$transaction(
      async (tx) => {
        const rows = await tx.$queryRawUnsafe<OutboxRow[]>(
          `SELECT id, subject, payload, traceparent FROM outbox
           WHERE published_at IS NULL AND id <> ALL($1::text[]) AND subject <> ALL($2::text[])
           ORDER BY created_at, id LIMIT ${this.#options.batch} FOR UPDATE SKIP LOCKED`,
          waitingRows,
          waitingSubjects,
        );
        if (rows.length === 0) return 0;
        const results = await Promise.allSettled(rows.map((row) => this.#options.publish(row)));
        const tries = rows.map((row, index) => {
          const result = results[index];
          return result?.status === 'rejected' ? { ...row, error: result.reason as unknown } : row;
        });
        for (const what of this.#waits.note(tries)) failed.add({ what });
        const done = tries.filter((each) => !('error' in each)).map(({ id }) => id);
        // Killed before the commit: published, not marked, and so published again.
        if (done.length > 0) await tx.$executeRawUnsafe('UPDATE outbox SET published_at = now() WHERE id = ANY($1::text[])', done);
        published.add({}, done.length);
        return rows.length;
      },
      { maxWait: 5_000, timeout: CLAIM_LIMIT_MS },
    );
  }

  async #measure(): Promise<void> {
    const [row] = await this.#options.sql.$queryRawUnsafe<{ rows: number; seconds: number }[]>(
      `SELECT count(*)::int AS rows, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS seconds
       FROM outbox WHERE published_at IS NULL`,
    );
    pending.set({}, row?.rows ?? 0);
    lag.set({}, Math.max(0, row?.seconds ?? 0));
  }

  async #prune(): Promise<void> {
    const now = performance.now();
    if (now < this.#pruneAt) return;
    const { sql, keepPublishedMs, keepHeardMs } = this.#options;
    const more = (await pruneOutbox(sql, keepPublishedMs)) + (await pruneInbox(sql, keepHeardMs)) >= PRUNE_BATCH;
    this.#pruneAt = now + (more ? 0 : PRUNE_EVERY_MS);
  }

  /** Until the time is over, the next look after a poke is due, or somebody pokes. */
  #sleep(waitMs: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    const look = this.#looks.shift();
    return new Promise((resolve) => {
      const timer = setTimeout(done, Math.min(waitMs, look ?? waitMs));
      this.#wake = done;
      function done() {
        clearTimeout(timer);
        resolve();
      }
    });
  }
}

/** Deletes rows that were published longer ago than this, at most a thousand; returns how many. */
async function pruneOutbox(sql: SqlClient, keepMs: number): Promise<number> {
  return sql.$executeRawUnsafe(
    `DELETE FROM outbox WHERE id IN (
       SELECT id FROM outbox WHERE published_at < now() - $1 * interval '1 millisecond' LIMIT ${PRUNE_BATCH} FOR UPDATE SKIP LOCKED)`,
    keepMs,
  );
}
