/** A bank's answer that no store can keep is read once, told as an unknown page, and never sent again. */
import { waitFor } from '@enishi/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { codeOf, HTML, Run, Stage, sample } from './stage.js';

const CSV = 'text/csv; charset=Shift_JIS';
let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
  await stage.startParser();
});
afterAll(() => stage.close());

/** The sample with these bytes in the place of those. */
function changed(name: string, from: string, to: string): Buffer {
  const file = sample(name).toString('latin1');
  if (!file.includes(from)) throw new Error(`${name} has no ${from}`);
  return Buffer.from(file.replace(from, to), 'latin1');
}

describe('A4 an answer of the bank that cannot be stored', () => {
  it.each([
    ['U+0000 in a CSV', 'csv', CSV, changed('current.csv', 'No.5551118', 'No.555\u0000118')],
    ['the year 0000 in a CSV', 'csv', CSV, changed('current.csv', '2026/11/18', '0000/11/18')],
    ['U+0000 in a fact', 'loginForm', HTML, changed('login.html', 'name="_csrf" value="', 'name="_csrf" value="a\u0000b&#0;&#xd800;')],
  ])('%s: is taken, told once, kept sealed, and never asked for again', async (_what, request, type, body) => {
    const run = new Run();
    const order = stage.order(run, request, { account: '9E1BC8AFCE40' });
    const jwe = await stage.sealed(order, run, body, { headers: { 'content-type': type } });
    expect(await stage.accept(order, jwe)).toEqual({ stored: true });
    const told = await stage.told(order.orderId);
    expect(told).toHaveLength(1);
    // As a fact it has become U+FFFD by the rules of HTML, which can be stored; else it is refused by name.
    expect([null, 'UNKNOWN_PAGE', 'INCOMPLETE_DATA']).toContain(told[0]?.cause);
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
        // Not by the holder: within a transaction, the first look is kept.
        (await stage.sql.query("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"))
          .rowCount === 2,
      { what: 'both to wait' },
    );
    await holder.query('COMMIT');
    holder.release();
    const [first, second] = await both;
    expect(second).toEqual(first);
    expect(await stage.count('committed_runs', 'run_id = $1', run.runId)).toBe(1);
  });
});
