/** A bank's answer that no store can keep is read once, told as an unknown page, and never sent again. */
import { waitFor } from '@enishi/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { codeOf, Run, Stage, sample } from './stage.js';

const CSV = 'text/csv; charset=Shift_JIS';
let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
  await stage.startParser();
});
afterAll(() => stage.close());

/** The sample with one cell changed to bytes of the same length. */
function changed(from: string, to: string): Buffer {
  const file = Buffer.from(sample('current.csv'));
  const at = file.indexOf(from);
  if (at < 0) throw new Error(`the sample has no ${from}`);
  file.write(to, at, 'latin1');
  return file;
}

describe('A4 an answer of the bank that cannot be stored', () => {
  it.each([
    ['U+0000 in a description', changed('No.5551118', 'No.555\u0000118'), 'page.staged.statement.transactions[0].counterparty'],
    ['a day in the year 0000', changed('2026/11/18', '0000/11/18'), null],
  ])('%s: is taken, told once with its cause, kept sealed, and never asked for again', async (_what, body, place) => {
    const run = new Run();
    const order = stage.order(run, 'csv', { account: '9E1BC8AFCE40' });
    const jwe = await stage.sealed(order, run, body, { headers: { 'content-type': CSV } });
    expect(await stage.accept(order, jwe)).toEqual({ stored: true });
    const [told, ...more] = await stage.told(order.orderId);
    expect(more).toEqual([]);
    expect(told?.cause).toMatch(/^(UNKNOWN_PAGE|INCOMPLETE_DATA)$/);
    if (place !== null) expect(told).toMatchObject({ cause: 'UNKNOWN_PAGE', detail: expect.stringContaining(place) });
    expect(await stage.accept(order, jwe)).toEqual({ stored: true });
    expect(await stage.told(order.orderId)).toHaveLength(1);
    expect(await codeOf(stage.commit(run))).toBe('parser.run_incomplete');
  });
});

describe('a role that holds every advisory lock it likes', () => {
  it('stops no commit, and no result', async () => {
    const run = new Run();
    // The administrator stands for any role of a production database.
    const hostile = new pg.Client({ connectionString: stage.platform.adminUrl });
    await hostile.connect();
    for (const name of [`connection ${run.connectionId}`, `run ${run.runId}`])
      await hostile.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [name]);
    await stage.answerAll(run);
    expect((await stage.commit(run)).accounts.length).toBeGreaterThan(0);
    await hostile.end();
  });

  it('and two commits of one run still wait for each other', async () => {
    const run = new Run();
    await stage.answerAll(run);
    const holder = await stage.sql.connect();
    await holder.query('BEGIN');
    await holder.query("SELECT 1 FROM lock_slots WHERE kind = 'connection' AND slot = (hashtextextended($1, 0) & 1023) FOR UPDATE", [
      run.connectionId,
    ]);
    const both = Promise.all([stage.commit(run), stage.commit(run)]);
    await waitFor(
      async () =>
        (await holder.query("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")).rowCount ===
        2,
      { what: 'both to wait' },
    );
    await holder.query('COMMIT');
    holder.release();
    const [first, second] = await both;
    expect(second).toEqual(first);
    expect(await stage.count('committed_runs', 'run_id = $1', run.runId)).toBe(1);
  });
});
