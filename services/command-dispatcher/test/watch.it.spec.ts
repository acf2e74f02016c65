/** Watching runs: however many watch, the database is asked as for one. */
import { setTimeout as pause } from 'node:timers/promises';
import type { HolderId, RunId } from '@enishi/contracts';
import { exposition } from '@enishi/telemetry';
import { waitFor } from '@enishi/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { progressIn, Stage } from './stage.js';

const POLL_MS = 50;
const VIEWERS_PER_RUN = 20;

let stage: Stage;
let runs: { holder: HolderId; runId: RunId; detached: () => Promise<void> }[];
beforeAll(async () => {
  stage = await Stage.open();
  // Sweeps ask the database too: as seldom as may be.
  await stage.startDispatcher({ WATCH_POLL_MS: String(POLL_MS), SWEEP_INTERVAL_MS: '500' });
  runs = [];
  for (let n = 0; n < 3; n++) {
    const { holder, terminal, connectionId } = await stage.cast();
    await terminal.detach();
    const runId = await stage.startRun(holder, connectionId);
    await waitFor(async () => (await stage.call(holder, 'GET', `/v1/runs/${runId}`)).body.state === 'away');
    runs.push({ holder, runId, detached: () => terminal.attach() });
  }
});
afterAll(() => stage.close());

/** Opens as many viewers of every run, and ends them. */
async function watching(perRun: number): Promise<{ end: () => Promise<void>; texts: Promise<string>[] }> {
  const stop = new AbortController();
  const answers = await Promise.all(
    runs.flatMap(({ holder, runId }) => Array.from({ length: perRun }, () => stage.openWatch(holder, runId, undefined, stop.signal))),
  );
  const texts = answers.map((answer) => answer.text().catch(() => ''));
  return {
    texts,
    async end() {
      stop.abort();
      await Promise.all(texts);
    },
  };
}

/** What is asked of the database in a second. */
async function asked(): Promise<number> {
  const count = async () =>
    [...(await exposition()).matchAll(/^enishi_database_operation_seconds_count\{.*\} (\d+)/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
  const before = await count();
  const from = performance.now();
  await pause(1_000);
  return ((await count()) - before) / ((performance.now() - from) / 1_000);
}

describe('viewers of runs', () => {
  it('share one question to the database, however many they are', async () => {
    const quiet = await asked();
    const { end } = await watching(VIEWERS_PER_RUN);
    const busy = await asked();
    await end();
    // Per look: how far the runs are, and the lines of those that have gone on. One viewer's own looks would make 1,200.
    expect(busy - quiet).toBeLessThanOrEqual((2 * 1_000) / POLL_MS + 10);
    expect(busy - quiet).toBeGreaterThan(1);
  });

  it('never take the connections of others: a read is answered while every look of theirs hangs', async () => {
    const { end } = await watching(VIEWERS_PER_RUN);
    const lock = await stage.sql.connect();
    await lock.query('BEGIN');
    await lock.query('LOCK TABLE run_journal IN ACCESS EXCLUSIVE MODE');
    try {
      // Each run has gone on by a line that nobody can read now.
      await stage.sql.query('UPDATE runs SET journal_seq = journal_seq + 1 WHERE run_id = ANY($1)', [runs.map(({ runId }) => runId)]);
      await waitFor(
        async () =>
          (await stage.sql.query("SELECT 1 FROM pg_locks WHERE relation = 'run_journal'::regclass AND NOT granted")).rowCount === 1,
        { what: 'one look to hang' },
      );
      await pause(5 * POLL_MS);
      const hanging = await stage.sql.query("SELECT 1 FROM pg_locks WHERE relation = 'run_journal'::regclass AND NOT granted");
      expect(hanging.rowCount).toBe(1);
      const { holder, runId } = runs[0] as (typeof runs)[number];
      const from = performance.now();
      expect((await stage.call(holder, 'GET', `/v1/runs/${runId}`)).status).toBe(200);
      expect(performance.now() - from).toBeLessThan(2_000);
    } finally {
      await lock.query('ROLLBACK');
      lock.release();
      await stage.sql.query('UPDATE runs SET journal_seq = journal_seq - 1 WHERE run_id = ANY($1)', [runs.map(({ runId }) => runId)]);
      await end();
    }
  });

  it('of one run are all told the same to its end; a line that cannot be read ends the streams of its own run only', async () => {
    const [good, bad] = runs as [(typeof runs)[number], (typeof runs)[number]];
    await stage.sql.query('UPDATE runs SET journal_seq = journal_seq + 1 WHERE run_id = $1', [bad.runId]);
    await stage.sql.query(
      `INSERT INTO run_journal (run_id, seq, kind, step, entry) SELECT run_id, journal_seq, 'unheard_of', 0, '{}' FROM runs WHERE run_id = $1`,
      [bad.runId],
    );
    const { texts } = await watching(3);
    const [ofGood, ofBad] = [texts.slice(0, 3), texts.slice(3, 6)];
    for (const text of await Promise.all(ofBad)) expect(text).toContain('event: problem');
    await good.detached();
    const told = (await Promise.all(ofGood)).map(progressIn);
    expect(told[0]?.at(-1)?.kind).toBe('finished');
    expect(told[1]).toEqual(told[0]);
    expect(told[2]).toEqual(told[0]);
    expect(await stage.watch(good.holder, good.runId)).toEqual(told[0]);
    await runs[2]?.detached();
    await Promise.all(texts);
  });
});
