/**
 * Death at every kind of line of the driver and of the hearers. A "death" is: one call of the stores or the bus throws
 * (before it is done, or after), whatever transaction is open is rolled back, and for a moment nothing of the process
 * works any more. What goes on afterwards has only what was stored. (kill -9 of the real processes: `./enishi drill kill`)
 */
import { AppError, platformError } from '@enishi/errors';
import type { RunningService } from '@enishi/http';
import { Bus } from '@enishi/messaging';
import { waitFor } from '@enishi/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConnectionStore } from '../src/connection.store.js';
import { Database } from '../src/database.store.js';
import { IssueOrder } from '../src/drive-run/issue-order.js';
import { events } from '../src/events.js';
import { LeaseLost, RunStore } from '../src/run.store.js';
import { TerminalStore } from '../src/terminal.store.js';
import { GOOD_ORDERS, Stage } from './stage.js';

type When = 'before' | 'after';
/** What is dead for this long; then "another process" takes over. */
const DEAD_MS = 30;
const LEASE_MS = 150;

/** Wraps all asynchronous calls of these parts, counts them by name, and dies at the one that is asked for. */
class Reaper {
  readonly counts = new Map<string, number>();
  private target: { name: string; nth: number; when: When } | undefined;
  private deadUntil = 0;
  died = 0;

  constructor(readonly running: RunningService) {
    this.wrap(running, RunStore, [
      'hold',
      'lock',
      'advance',
      'keep',
      'end',
      'journal',
      'addOrder',
      'findOrder',
      'noteIssue',
      'noteTaken',
      'closeOrder',
      'traceparentOf',
      'claimDue',
    ]);
    this.wrap(running, TerminalStore, ['find', 'nextSequence']);
    this.wrap(running, ConnectionStore, ['isErased']);
    this.wrap(running, IssueOrder, ['run', 'seal']);
    this.wrap(running, Bus, ['request', 'emit']);
    this.wrap(running, Database, ['transaction']);
  }

  aim(name: string, nth: number, when: When): void {
    this.counts.clear();
    this.died = 0;
    this.target = { name, nth, when };
  }

  disarm(): void {
    this.counts.clear();
    this.target = undefined;
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- any class of the container
  private wrap(running: RunningService, part: any, methods: string[]): void {
    // oxlint-disable-next-line typescript/no-explicit-any -- any class of the container
    const instance = running.app.get<any>(part, { strict: false });
    for (const method of methods) {
      const original = instance[method].bind(instance);
      instance[method] = async (...given: unknown[]) => {
        const name = `${part.name}.${method}`;
        if (Date.now() < this.deadUntil) throw death();
        const nth = (this.counts.get(name) ?? 0) + 1;
        this.counts.set(name, nth);
        const hit = this.target?.name === name && this.target.nth === nth;
        if (hit && this.target?.when === 'before') throw this.die();
        const result = await original(...given);
        if (hit) throw this.die();
        return result;
      };
    }
  }

  private die(): Error {
    this.deadUntil = Date.now() + DEAD_MS;
    this.died += 1;
    return death();
  }
}

/** Busy, so that a hearer hands the event back without counting it as its fault. */
const death = () => platformError('not_available', 'this process is dead');

let stage: Stage;
let reaper: Reaper;
let points: [string, number][];

beforeAll(async () => {
  stage = await Stage.open({ AWAY_RETRY_MS: '300', RESULT_GRACE_MS: '100' });
  const quick = { RUN_LEASE_MS: LEASE_MS, SWEEP_INTERVAL_MS: 20 };
  reaper = new Reaper(await stage.startDispatcher({}, quick));
  reaper.disarm();
  const { holder, connectionId } = await stage.cast();
  reaper.disarm();
  await stage.ended(holder, await stage.startRun(holder, connectionId));
  // The middle of each name's calls, where the login is near, and the last, where the commit is.
  points = [...reaper.counts]
    .filter(([name]) => name !== 'RunStore.claimDue')
    .flatMap(([name, calls]): [string, number][] => [...new Set([Math.ceil(calls / 2), calls])].map((nth) => [name, nth]));
}, 60_000);
afterAll(async () => stage?.close(), 60_000);

describe('kill at each step', () => {
  // Alternating, so that each call meets a death before and a death after it, at different steps.
  it.each<[string, 0 | 1]>([
    ['earlier', 0],
    ['later', 1],
  ])(
    'A4 a death at any call loses no order, doubles none, logs in once and ends the run once (%s steps)',
    async (_half, half) => {
      expect(points.length).toBeGreaterThan(25);
      // Which of an answer and a delivery is stored first is open, so a run may make fewer calls than the one that was
      // counted: then the death is aimed at an earlier one, until there is one.
      const aims = [...points.entries()].filter(([index]) => index % 2 === half).map(([index, [name, nth]]) => ({ index, name, nth }));
      for (const { index, name, nth } of aims) {
        const when: When = (index >> 1) % 2 === 0 ? 'before' : 'after';
        reaper.disarm();
        const { holder, terminal, connectionId } = await stage.cast();
        reaper.aim(name, nth, when);
        const runId = await waitFor(() => stage.startRun(holder, connectionId), { what: 'a start that is answered' }).catch(
          async () => (await stage.call(holder, 'GET', '/v1/connections')).body.connections[0].lastRun.runId as string,
        );
        const run = await stage.ended(holder, runId).catch((error: unknown) => {
          throw new Error(`${when} ${name} #${nth}`, { cause: error });
        });
        const told = await stage.watch(holder, runId);
        expect({
          point: `${when} ${name} #${nth}`,
          state: run.state,
          executed: terminal.executed.map(({ request }) => request),
          ordered: told.filter(({ kind }) => kind === 'ordered').map(({ request }) => request),
          loginIds: new Set(terminal.delivered.filter(({ request }) => request === 'login').map(({ orderId }) => orderId)).size,
          ends: told.filter(({ kind }) => kind === 'finished' || kind === 'failed').length,
        }).toEqual({
          point: `${when} ${name} #${nth}`,
          state: 'finished',
          executed: GOOD_ORDERS,
          ordered: GOOD_ORDERS,
          loginIds: 1,
          ends: 1,
        });
        const lines = await stage.sql.query('SELECT seq FROM run_journal WHERE run_id = $1 ORDER BY seq', [runId]);
        expect(lines.rows.map(({ seq }) => seq)).toEqual(lines.rows.map((_, i) => i + 1));
        const facts = await stage.sql.query(
          "SELECT 1 FROM outbox WHERE subject = 'command-dispatcher.run.ended.v1' AND payload->>'runId' = $1",
          [runId],
        );
        expect(facts.rowCount).toBe(1);
        if (reaper.died === 0 && nth > 1) aims.push({ index, name, nth: nth - 1 });
        else expect({ point: `${when} ${name} #${nth}`, died: reaper.died }).toEqual({ point: `${when} ${name} #${nth}`, died: 1 });
      }
    },
    180_000,
  );
});

describe('what is told to operators', () => {
  it('an answer whose transaction was rolled back counts once, when it is stored', async () => {
    const { holder, connectionId } = await stage.cast();
    const counted = async () => {
      const text = await (await fetch(`${reaper.running.url}/metrics`)).text();
      return Number(/^enishi_run_step_seconds_count\{[^}]*sample-bank[^}]*\} (\d+)$/m.exec(text)?.[1] ?? 0);
    };
    const before = await counted();
    // The first call is the driver's, the second is that of the hearer of the first answer.
    reaper.aim('ConnectionStore.isErased', 2, 'before');
    await stage.ended(holder, await stage.startRun(holder, connectionId));
    expect(reaper.died).toBe(1);
    expect((await counted()) - before).toBe(GOOD_ORDERS.length);
  });

  it('a fault in the delivery of an order is told once, with its cause; a relay that is busy is not a fault', async () => {
    reaper.disarm();
    const { holder, terminal, connectionId } = await stage.cast();
    const told: string[] = [];
    const tell = events.deliveryFailed;
    events.deliveryFailed = ({ orderId }, error) => {
      told.push(`${orderId} ${error instanceof AppError ? error.code : String(error)}`);
    };
    const answers = [platformError('not_available', 'busy'), new Error('a fault'), new Error('a fault')];
    terminal.onDeliver = () => {
      const answer = answers.shift();
      if (answer !== undefined) throw answer;
    };
    expect((await stage.ended(holder, await stage.startRun(holder, connectionId))).state).toBe('finished');
    events.deliveryFailed = tell;
    expect(answers).toEqual([]);
    expect(told).toEqual([`${terminal.executed[0]?.orderId} platform.broken`]);
  });
});

describe('two drivers', () => {
  it('one whose lease ran out writes nothing: the fence has moved on', async () => {
    reaper.disarm();
    const { holder, terminal, connectionId } = await stage.cast();
    // A process that stands still (a suspended machine) does not renew.
    const runs = reaper.running.app.get(RunStore);
    const renew = runs.renew.bind(runs);
    runs.renew = () => Promise.resolve();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    // The first delivery hangs for longer than the lease; meanwhile another driver delivers the same order.
    terminal.onDeliver = () => (terminal.delivered.length === 1 ? held : undefined);
    // Fences with which a driver looked at the run, and those that were found out of date.
    const looked: bigint[] = [];
    const lost: bigint[] = [];
    const hold = runs.hold.bind(runs);
    runs.hold = async (tx, claim) => {
      looked.push(claim.fence);
      return hold(tx, claim).catch((error: unknown) => {
        if (error instanceof LeaseLost) lost.push(claim.fence);
        throw error;
      });
    };
    const stored = async () => ({
      run: (await stage.sql.query('SELECT * FROM runs WHERE run_id = $1', [runId])).rows,
      journal: (await stage.sql.query('SELECT * FROM run_journal WHERE run_id = $1 ORDER BY seq', [runId])).rows,
      orders: (await stage.sql.query('SELECT * FROM orders WHERE run_id = $1 ORDER BY step', [runId])).rows,
    });
    const runId = await stage.startRun(holder, connectionId);
    expect((await stage.ended(holder, runId)).state).toBe('finished');
    const before = await stored();
    release();
    await waitFor(() => looked[0] !== undefined && lost.includes(looked[0]), { what: 'the late driver finding its lease lost' });
    runs.renew = renew;
    runs.hold = hold;
    expect(await stored()).toEqual(before);
    expect(terminal.executed.map(({ request }) => request)).toEqual(GOOD_ORDERS);
    expect(new Set(terminal.delivered.slice(0, 2).map(({ orderId }) => orderId)).size).toBe(1);
  });

  it('a claim is good for one fence only', async () => {
    reaper.disarm();
    const { holder, terminal, connectionId } = await stage.cast();
    terminal.bank = {};
    const runId = await stage.startRun(holder, connectionId);
    await waitFor(() => terminal.executed.length === 1);
    const fence = BigInt((await stage.sql.query('SELECT fence FROM runs WHERE run_id = $1', [runId])).rows[0].fence);
    const database = new Database({ url: stage.platform.databaseUrl('command-dispatcher'), schema: 'command_dispatcher' });
    const runs = new RunStore(database);
    await expect(database.transaction((tx) => runs.hold(tx, { runId, fence: fence - 1n }))).rejects.toThrow(LeaseLost);
    await database.onApplicationShutdown();
    await stage.call(holder, 'DELETE', `/v1/connections/${connectionId}`);
  });

  it('two replicas drive many runs, each order once', async () => {
    reaper.disarm();
    const second = await stage.startDispatcher({}, { SWEEP_INTERVAL_MS: 20 });
    const casts = await Promise.all(Array.from({ length: 8 }, () => stage.cast()));
    const runs = await Promise.all(
      casts.map(async ({ holder, connectionId }) => ({ holder, runId: await stage.startRun(holder, connectionId) })),
    );
    await Promise.all(runs.map(({ holder, runId }) => stage.ended(holder, runId, 30_000)));
    for (const { terminal } of casts) expect(terminal.executed.map(({ request }) => request)).toEqual(GOOD_ORDERS);
    await stage.stopDispatcher(second);
  }, 60_000);
});
