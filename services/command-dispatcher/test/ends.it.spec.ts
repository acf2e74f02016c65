/** Whatever breaks for good: no run is tried for ever, and an operator sees one that does not move. */
import { platformError } from '@enishi/errors';
import type { RunningService } from '@enishi/http';
import { exposition } from '@enishi/telemetry';
import { waitFor } from '@enishi/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DriveRuns } from '../src/drive-run/drive-runs.js';
import { GOOD_BANK, Stage } from './stage.js';

let stage: Stage;
let dispatcher: RunningService;
beforeAll(async () => {
  stage = await Stage.open();
  // A step that broke is tried again when the lease is over.
  dispatcher = await stage.startDispatcher({ RUN_LEASE_MS: '1000' });
});
afterEach(() => {
  stage.parser.onCommit = () => ({ accounts: [] });
});
afterAll(() => stage.close());

const late = (runId: string) =>
  stage.sql.query("UPDATE runs SET deadline_at = now() - interval '1 ms', wake_at = now() WHERE run_id = $1", [runId]);
const inState = (runId: string, state: string) =>
  waitFor(async () => (await stage.sql.query('SELECT 1 FROM runs WHERE run_id = $1 AND state = $2', [runId, state])).rowCount === 1, {
    what: `the run to be ${state}`,
  });
const cause = async (holder: Parameters<Stage['ended']>[0], runId: string) => {
  await inState(runId, 'failed');
  return (await stage.ended(holder, runId)).cause;
};

/** A run that stands in this state and does not leave it by itself. */
async function standing(state: 'waiting' | 'away' | 'committing') {
  const { holder, terminal, connectionId } = await stage.cast();
  if (state === 'away') await terminal.detach();
  if (state === 'waiting') terminal.bank = { ...GOOD_BANK, login: () => null };
  if (state === 'committing') {
    stage.parser.onCommit = () => {
      throw platformError('not_available', 'Not now.');
    };
  }
  const runId = await stage.startRun(holder, connectionId);
  await inState(runId, state);
  if (state === 'waiting') await waitFor(() => terminal.executed.at(-1)?.request === 'login');
  return { holder, terminal, connectionId, runId };
}

describe('every state of a run has an end with a cause', () => {
  it('committing: the time of the commit is its own, and when it is over the run ends as BUDGET_SPENT', async () => {
    const { holder, runId } = await standing('committing');
    const { rows } = await stage.sql.query("SELECT deadline_at > now() + interval '50 min' AS own FROM runs WHERE run_id = $1", [runId]);
    expect(rows).toEqual([{ own: true }]);
    await late(runId);
    expect(await cause(holder, runId)).toMatchObject({
      code: 'BUDGET_SPENT',
      detail: 'the parser did not store it in time (platform.not_available)',
    });
  });

  it('committing: a parser that breaks each time is no reason to go on for ever', async () => {
    const { holder, runId } = await standing('committing');
    let broken = 0;
    stage.parser.onCommit = () => {
      broken += 1;
      throw new Error('it breaks');
    };
    // An answer of before may still be under way; the next one is this parser's.
    await waitFor(() => broken > 0, { what: 'the parser to be asked again' });
    await late(runId);
    expect(await cause(holder, runId)).toMatchObject({
      code: 'BUDGET_SPENT',
      detail: 'the parser did not store it in time (platform.broken)',
    });
  });

  it.each(['value_not_storable', 'rule_violated', 'input_not_valid'] as const)(
    'committing: what the parser refuses for good as %s ends it at once',
    async (reason) => {
      const { holder, connectionId } = await stage.cast();
      stage.parser.onCommit = () => {
        throw platformError(reason, 'Never.');
      };
      const before = stage.parser.commits;
      const runId = await stage.startRun(holder, connectionId);
      expect(await cause(holder, runId)).toMatchObject({ code: 'INCOMPLETE_DATA', detail: `the parser answered platform.${reason}` });
      expect(stage.parser.commits - before).toBe(1);
    },
  );

  it.each(['waiting', 'away', 'committing'] as const)('%s: a row that breaks each step ends when its time is over', async (state) => {
    const { holder, runId } = await standing(state);
    await stage.sql.query(`UPDATE runs SET loop = '"nothing that can be read"' WHERE run_id = $1`, [runId]);
    await late(runId);
    expect(await cause(holder, runId)).toMatchObject({
      code: 'BUDGET_SPENT',
      detail: 'a step broke until the time of the run was over (platform.broken)',
    });
  });

  it('a step that Postgres refuses for good ends the run at once, and not when its time is over', async () => {
    const { holder, terminal, connectionId } = await stage.cast();
    let blocked = false;
    terminal.onDeliver = async ({ runId, request, step }) => {
      if (blocked || request !== 'login') return;
      blocked = true;
      // The place of the next order is taken: each try to add it breaks the same rule.
      await stage.sql.query(`INSERT INTO orders (order_id, run_id, step, request, params, facts) VALUES ($1, $2, $3, 'x', '{}', '{}')`, [
        `order_of_a_test_${runId}`,
        runId,
        step + 1,
      ]);
    };
    const runId = await stage.startRun(holder, connectionId);
    expect(await cause(holder, runId)).toMatchObject({
      code: 'INCOMPLETE_DATA',
      detail: 'a step was refused for good (platform.rule_violated)',
    });
  });
});

describe('a run that is stuck', () => {
  const stuck = async (state: string) => {
    await dispatcher.app.get(DriveRuns).tidy();
    return Number(new RegExp(`^enishi_runs_stuck\\{state="${state}"\\} (\\d+)$`, 'm').exec(await exposition())?.[1]);
  };

  it('is counted by its state: long at its commit, or due and driven by nobody; and no more when it has ended', async () => {
    const commit = await standing('committing');
    expect(await stuck('committing')).toBe(0);
    await stage.sql.query("UPDATE runs SET deadline_at = deadline_at - interval '6 min' WHERE run_id = $1", [commit.runId]);
    expect(await stuck('committing')).toBe(1);
    stage.parser.onCommit = () => ({ accounts: [] });
    await stage.ended(commit.holder, commit.runId, 40_000);
    expect(await stuck('committing')).toBe(0);

    const away = await standing('away');
    expect(await stuck('away')).toBe(0);
    // Held by a driver that does nothing.
    await stage.sql.query(
      `UPDATE runs SET fence = fence + 1, lease_owner = 'nobody', lease_until = now() + interval '1 h', wake_at = now() - interval '2 min'
       WHERE run_id = $1`,
      [away.runId],
    );
    expect(await stuck('away')).toBe(1);
  });
});

describe('A4 what no store can keep is refused at the HTTP door, by its place', () => {
  it.each([
    ['U+0000', { label: 'PC\u0000' }, 'body.label'],
    ['a lone surrogate', { label: 'PC\ud800' }, 'body.label'],
  ])('%s in a text', async (_what, body, place) => {
    const { holder } = await stage.cast();
    expect(await stage.call(holder, 'POST', '/v1/enrolment-codes', body)).toMatchObject({
      status: 400,
      body: { code: 'platform.input_not_valid', place },
    });
  });

  it('a day in the year 0000', async () => {
    const { holder, connectionId } = await stage.cast();
    const path = `/v1/connections/${connectionId}/runs`;
    expect(await stage.call(holder, 'POST', path, { from: '0000-01-01' })).toMatchObject({
      status: 400,
      body: { code: 'platform.input_not_valid', place: 'body.from' },
    });
    expect(await stage.call(holder, 'POST', path, { to: '0001-01-01' })).toMatchObject({ status: 202 });
  });
});
