/**
 * Rows of runs, orders and the journal. Times that decide who may drive a run are Postgres', so that replicas agree.
 * Lock order everywhere: connection, then run, then terminal. Who starts or erases holds the connection when it comes to
 * its runs; who drives a run comes to the terminal last. To add a run waits for one of the same connection that is ending.
 */
import { randomUUID } from 'node:crypto';
import type { Cause, RunState } from '@enishi/contracts';
import { Injectable } from '@nestjs/common';
import { Database, type Tx } from './database.store.js';
import type { Order, Run } from './generated/prisma/client.js';
import { JournalEntry, JournalKind, type StoredLine } from './journal.js';
import { LoopState, QueuedOrder } from './run-loop/loop-state.js';

export interface StoredRun extends Omit<Run, 'loop' | 'state' | 'cause'> {
  readonly state: RunState;
  readonly cause: Cause | null;
  readonly loop: LoopState;
}
export type NewRun = Pick<
  StoredRun,
  | 'runId'
  | 'connectionId'
  | 'holderId'
  | 'terminalId'
  | 'connectorId'
  | 'connectorVersion'
  | 'connectorHash'
  | 'state'
  | 'periodFrom'
  | 'periodTo'
  | 'loop'
  | 'traceparent'
> & { readonly maxMs: number };
/** A run whose row is locked by the transaction. */
export interface LockedRun extends StoredRun {
  readonly late: boolean;
  readonly elapsedMs: number;
}
export interface StoredOrder extends Omit<Order, 'params' | 'facts'> {
  readonly asked: QueuedOrder;
}
/** The right to drive one run, until the lease ends or someone takes the fence. */
export interface Claim {
  readonly runId: string;
  readonly fence: bigint;
}

/** Another driver, or an answer that came meanwhile, has taken the run over: whoever meets this drops the run and writes nothing. */
export class LeaseLost extends Error {}

/**
 * So long the parser is asked to store what a run has read: longer than a rollout, and than an outage that operators mend.
 * Then the run ends, and the person may try anew.
 */
export const COMMIT_LIMIT_MS = 3_600_000;
/** A commit is over in seconds; a run that is due is driven within one. After these times someone shall look. */
const LONG_COMMIT_MS = 300_000;
const LONG_DUE_MS = 60_000;
/** Lines of journals that are read at a time. */
const MAX_LINES = 2_000;

export interface Advance {
  state: RunState;
  loop?: LoopState;
  currentOrderId?: string | null;
  commitTries?: number;
  /** Look again after this time, or at the run's deadline if that is sooner. */
  wakeInMs: number;
}

@Injectable()
export class RunStore {
  /** Names this process in `lease_owner`. */
  readonly replica = randomUUID();

  constructor(private readonly database: Database) {}

  /** @throws a duplicate (see `isDuplicate`) when the connection has an active run: the partial unique index says so. */
  async add(tx: Tx, { maxMs, ...run }: NewRun): Promise<StoredRun> {
    await tx.run.create({ data: { ...run, wakeAt: new Date(), deadlineAt: new Date() } });
    await tx.$executeRaw`
      UPDATE runs SET started_at = clock_timestamp(), wake_at = clock_timestamp(),
        deadline_at = clock_timestamp() + interval '1 millisecond' * ${maxMs}::float8
      WHERE run_id = ${run.runId}`;
    return storedRun(await tx.run.findUniqueOrThrow({ where: { runId: run.runId } }));
  }

  /**
   * Takes the run that waits longest of those that are due and not held; null when there is none.
   * A driver that dies keeps its lease until `leaseMs` is over; then the run is due again, from what is stored.
   * A run whose terminal was revoked or whose connection was erased is due at once.
   */
  async claimDue(leaseMs: number): Promise<Claim | null> {
    const [row] = await this.database.client.$queryRaw<{ run_id: string; fence: bigint }[]>`
      UPDATE runs SET
        fence = fence + 1,
        lease_owner = ${this.replica},
        lease_until = clock_timestamp() + interval '1 millisecond' * ${leaseMs}::float8
      WHERE run_id = (
        SELECT r.run_id FROM runs r
        WHERE r.ended_at IS NULL
          AND (r.lease_until IS NULL OR r.lease_until <= clock_timestamp())
          AND (r.wake_at <= clock_timestamp()
            OR (r.state <> 'committing' AND EXISTS (SELECT 1 FROM terminals t WHERE t.terminal_id = r.terminal_id AND t.revoked_at IS NOT NULL))
            OR EXISTS (SELECT 1 FROM connections c WHERE c.connection_id = r.connection_id AND c.erased_at IS NOT NULL))
        ORDER BY r.wake_at LIMIT 1 FOR UPDATE OF r SKIP LOCKED)
      RETURNING run_id, fence`;
    return row === undefined ? null : { runId: row.run_id, fence: row.fence };
  }

  /** Keeps the lease of a driver that is alive. Once another has the run, it changes nothing. */
  async renew(claim: Claim, leaseMs: number): Promise<void> {
    await this.database.client.$executeRaw`
      UPDATE runs SET lease_until = clock_timestamp() + interval '1 millisecond' * ${leaseMs}::float8
      WHERE run_id = ${claim.runId} AND fence = ${claim.fence} AND lease_owner = ${this.replica}`;
  }

  /** Locks the run for its driver. @throws LeaseLost when the fence has moved on. */
  async hold(tx: Tx, claim: Claim): Promise<LockedRun> {
    const run = await this.lock(tx, claim.runId);
    if (run === null || run.fence !== claim.fence || run.endedAt !== null) throw new LeaseLost();
    return run;
  }

  /** Locks the run for one who brings news: the write that follows takes the fence, so that a driver in the middle drops out. */
  async lock(tx: Tx, runId: string): Promise<LockedRun | null> {
    const [now] = await tx.$queryRaw<{ late: boolean; elapsed_ms: number }[]>`
      SELECT clock_timestamp() >= deadline_at AS late,
        (extract(epoch FROM clock_timestamp() - started_at) * 1000)::float8 AS elapsed_ms
      FROM runs WHERE run_id = ${runId} FOR UPDATE`;
    if (now === undefined) return null;
    const run = await tx.run.findUniqueOrThrow({ where: { runId } });
    return { ...storedRun(run), late: now.late, elapsedMs: now.elapsed_ms };
  }

  /** Writes where the run stands and gives it back: no lease, a new fence. A commit that begins has a time of its own. */
  async advance(tx: Tx, run: LockedRun, { wakeInMs, ...to }: Advance): Promise<void> {
    await tx.run.update({
      where: { runId: run.runId },
      data: { ...to, fence: { increment: 1 }, leaseOwner: null, leaseUntil: null },
    });
    if (to.state === 'committing' && run.state !== 'committing')
      await tx.$executeRaw`
        UPDATE runs SET deadline_at = clock_timestamp() + interval '1 millisecond' * ${COMMIT_LIMIT_MS}::float8 WHERE run_id = ${run.runId}`;
    await tx.$executeRaw`
      UPDATE runs SET wake_at = least(deadline_at, clock_timestamp() + interval '1 millisecond' * ${wakeInMs}::float8)
      WHERE run_id = ${run.runId}`;
  }

  /** Writes where the run stands; the driver keeps its lease. */
  async keep(tx: Tx, run: LockedRun, to: Omit<Advance, 'wakeInMs'>): Promise<void> {
    await tx.run.update({ where: { runId: run.runId }, data: to });
  }

  /**
   * Of a run whose steps break, before it is ended: drops what its loop remembers, for even what cannot be read any more
   * must not keep it from its end. False when someone else has the run, or (unless `evenIfEarly`) its time is not over.
   */
  async dropLoop(tx: Tx, claim: Claim, evenIfEarly: boolean): Promise<boolean> {
    const dropped = await tx.$executeRaw`
      UPDATE runs SET loop = jsonb_build_object('queue', '[]'::jsonb, 'seen', '[]'::jsonb,
        'steps', (SELECT coalesce(max(o.step), 0) FROM orders o WHERE o.run_id = runs.run_id))
      WHERE run_id = ${claim.runId} AND fence = ${claim.fence} AND ended_at IS NULL
        AND (${evenIfEarly} OR deadline_at <= clock_timestamp())`;
    return dropped === 1;
  }

  /** Runs that should have ended or moved on by now, by state: past their time, due without a driver, or long at their commit. */
  async countStuck(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.database.client.$queryRaw<{ state: string; runs: number }[]>`
      SELECT state, count(*)::int AS runs FROM runs
      WHERE ended_at IS NULL AND (deadline_at < clock_timestamp()
        OR wake_at < clock_timestamp() - interval '1 millisecond' * ${LONG_DUE_MS}::float8
        OR (state = 'committing'
          AND deadline_at < clock_timestamp() + interval '1 millisecond' * ${COMMIT_LIMIT_MS - LONG_COMMIT_MS}::float8))
      GROUP BY state`;
    return new Map(rows.map(({ state, runs }) => [state, runs]));
  }

  /** The end of a run: nothing is awaited any more, and what the loop had carried of the bank's pages is dropped. */
  async end(tx: Tx, run: LockedRun, outcome: { state: 'finished' | 'failed'; cause: Cause | null; detail: string | null; endedAt: Date }) {
    await tx.run.update({
      where: { runId: run.runId },
      data: {
        state: outcome.state,
        cause: outcome.cause,
        causeDetail: outcome.detail,
        endedAt: outcome.endedAt,
        loop: { queue: [], seen: [], steps: run.loop.steps },
        currentOrderId: null,
        fence: { increment: 1 },
        leaseOwner: null,
        leaseUntil: null,
      },
    });
    await tx.order.updateMany({ where: { runId: run.runId, closedAt: null }, data: { closedAt: outcome.endedAt } });
    await tx.order.updateMany({ where: { runId: run.runId }, data: { params: {}, facts: {} } });
  }

  /** Appends a line. The row of the run is locked, so numbers have no gap and no double. */
  async journal(tx: Tx, runId: string, kind: JournalKind, step: number, entry: JournalEntry): Promise<void> {
    const { journalSeq } = await tx.run.update({
      where: { runId },
      data: { journalSeq: { increment: 1 } },
      select: { journalSeq: true },
    });
    await tx.journalLine.create({ data: { runId, seq: journalSeq, kind, step, entry: JournalEntry.parse(entry) } });
  }

  /** Those of these runs that have gone on since the number given, or have ended, or (null) have been erased. */
  async changedSince(
    places: readonly { runId: string; seq: number }[],
  ): Promise<ReadonlyMap<string, { journalSeq: number; ended: boolean } | null>> {
    const rows = await this.database.client.$queryRaw<{ run_id: string; journal_seq: number | null; ended: boolean }[]>`
      SELECT place.run_id, r.journal_seq, r.ended_at IS NOT NULL AS ended
      FROM unnest(${places.map(({ runId }) => runId)}::text[], ${places.map(({ seq }) => seq)}::int[]) AS place (run_id, seq)
      LEFT JOIN runs r ON r.run_id = place.run_id
      WHERE r.run_id IS NULL OR r.journal_seq > place.seq OR r.ended_at IS NOT NULL`;
    return new Map(
      rows.map(({ run_id: runId, journal_seq: journalSeq, ended }) => [runId, journalSeq === null ? null : { journalSeq, ended }]),
    );
  }

  /**
   * Lines of these journals after a number each, in order, some thousand at most; `more`: there are others. `line` reads
   * one, and throws when it cannot be read.
   */
  async linesAfter(
    places: readonly { runId: string; seq: number }[],
  ): Promise<{ lines: ReadonlyMap<string, { seq: number; line: () => StoredLine }[]>; more: boolean }> {
    if (places.length === 0) return { lines: new Map(), more: false };
    const rows = await this.database.client.$queryRaw<
      { run_id: string; seq: number; at: Date; kind: string; step: number; entry: unknown }[]
    >`
      SELECT j.run_id, j.seq, j.at, j.kind, j.step, j.entry
      FROM unnest(${places.map(({ runId }) => runId)}::text[], ${places.map(({ seq }) => seq)}::int[]) AS place (run_id, seq)
      JOIN run_journal j ON j.run_id = place.run_id AND j.seq > place.seq
      ORDER BY j.run_id, j.seq LIMIT ${MAX_LINES}`;
    const lines = Map.groupBy(
      rows.map(({ run_id: runId, seq, at, kind, step, entry }) => ({
        runId,
        seq,
        line: () => ({ seq, at, step, kind: JournalKind.parse(kind), entry: JournalEntry.parse(entry) }),
      })),
      ({ runId }) => runId,
    );
    return { lines, more: rows.length === MAX_LINES };
  }

  async find(tx: Tx, runId: string): Promise<StoredRun | null> {
    const run = await tx.run.findUnique({ where: { runId } });
    return run && storedRun(run);
  }

  async traceparentOf(runId: string): Promise<string | null> {
    const run = await this.database.client.run.findUnique({ where: { runId }, select: { traceparent: true } });
    return run?.traceparent ?? null;
  }

  async findOfHolder(runId: string, holderId: string): Promise<StoredRun | null> {
    const run = await this.database.client.run.findFirst({ where: { runId, holderId } });
    return run && storedRun(run);
  }

  /** The latest run of each of these connections. */
  async lastOf(connectionIds: string[]): Promise<ReadonlyMap<string, StoredRun>> {
    const last = await this.database.client.$queryRaw<{ run_id: string }[]>`
      SELECT DISTINCT ON (connection_id) run_id FROM runs
      WHERE connection_id = ANY(${connectionIds}) ORDER BY connection_id, started_at DESC`;
    const runs = await this.database.client.run.findMany({ where: { runId: { in: last.map((row) => row.run_id) } } });
    return new Map(runs.map((run) => [run.connectionId, storedRun(run)]));
  }

  /** Ended runs with their orders and journals. */
  async deleteEnded(tx: Tx, connectionId: string): Promise<void> {
    await tx.run.deleteMany({ where: { connectionId, endedAt: { not: null } } });
  }

  /** Runs that were under way when their connection was erased, and have ended since. Returns how many. */
  async deleteErased(): Promise<number> {
    return this.database.client.$executeRaw`
      DELETE FROM runs r USING connections c
      WHERE c.connection_id = r.connection_id AND c.erased_at IS NOT NULL AND r.ended_at IS NOT NULL`;
  }

  async addOrder(tx: Tx, order: { orderId: string; runId: string; step: number; asked: QueuedOrder }): Promise<void> {
    const { asked, ...rest } = order;
    await tx.order.create({ data: { ...rest, request: asked.request, params: asked.params, facts: asked.facts } });
  }

  async findOrder(tx: Tx, orderId: string): Promise<StoredOrder | null> {
    const order = await tx.order.findUnique({ where: { orderId } });
    return order && storedOrder(order);
  }

  /** Notes one more issue of the order, before anyone can have it. */
  async noteIssue(tx: Tx, orderId: string, issue: { orderHash: string; sessionId: string }): Promise<void> {
    await tx.order.update({
      where: { orderId },
      data: { orderHashes: { push: issue.orderHash }, sessionId: issue.sessionId, takenAt: null },
    });
  }

  async noteTaken(tx: Tx, orderId: string): Promise<void> {
    await tx.order.update({ where: { orderId }, data: { takenAt: new Date() } });
  }

  async noteRedelivery(tx: Tx, orderId: string): Promise<void> {
    await tx.order.update({ where: { orderId }, data: { redeliveries: { increment: 1 } } });
  }

  async closeOrder(tx: Tx, orderId: string): Promise<void> {
    await tx.order.update({ where: { orderId }, data: { closedAt: new Date() } });
  }

  /**
   * The terminal is here: what it has not taken is delivered now, and what it took in an older session is handed to it
   * again (the same order: it knows what it has done). The fence moves, so that a driver that is just finding out that
   * the terminal was away does not put the run back to sleep.
   */
  async wakeForSession(tx: Tx, terminalId: string, sessionId: string): Promise<number> {
    return tx.$executeRaw`
      UPDATE runs SET wake_at = clock_timestamp(), fence = fence + 1, lease_owner = NULL, lease_until = NULL
      FROM orders o
      WHERE o.order_id = runs.current_order_id AND (o.taken_at IS NULL OR o.session_id IS DISTINCT FROM ${sessionId})
        AND runs.terminal_id = ${terminalId} AND runs.ended_at IS NULL AND runs.state IN ('away', 'waiting')`;
  }
}

/** Whether an answer has closed the order; the end of a run closes those that are still open, at the end's own time. */
export function wasAnswered(run: StoredRun, order: StoredOrder): boolean {
  return order.closedAt !== null && order.closedAt.getTime() !== run.endedAt?.getTime();
}

function storedRun(run: Run): StoredRun {
  return { ...run, state: run.state as RunState, cause: run.cause as Cause | null, loop: LoopState.parse(run.loop) };
}

function storedOrder({ params, facts, ...order }: Order): StoredOrder {
  return { ...order, asked: QueuedOrder.parse({ request: order.request, params, facts }) };
}
