/** How much one run may put on the thread that commits, on real NATS and Postgres. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { codeOf, Run, Stage } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
  await stage.startParser({ RUN_MAX_ROWS: '700', RUN_MAX_MB: '1' });
}, 60_000);
afterAll(async () => stage?.close(), 60_000);

/** The run's answers are those of the example bank; of one of them, what is staged becomes this. */
async function staged(run: Run, change: string): Promise<void> {
  await stage.answerAll(run);
  await stage.sql.query(`UPDATE received_pages SET staged = ${change} WHERE run_id = $1 AND request = 'csv'`, [run.runId]);
}
const messageOf = (run: Run) =>
  stage.commit(run).then(
    () => 'no error',
    (error: Error) => error.message,
  );

describe('A5 a run that holds more than is taken', () => {
  it('of rows, all answers together, is refused for good before any of it is parsed', async () => {
    const run = new Run();
    // Parsed, these rows would be none: that they are not is seen by the code.
    await staged(run, `jsonb_set(staged, '{statement,transactions}', (SELECT jsonb_agg(i) FROM generate_series(1, 701) i))`);
    expect(await codeOf(stage.commit(run))).toBe('parser.run_incomplete');
    expect(await messageOf(run)).toMatch(/rows are read, and 700 are taken/);
    expect(await stage.count('accounts', 'holder_id = $1', run.holderId)).toBe(0);
  });
  it('of bytes, all answers together, is refused for good before any of it is parsed', async () => {
    const run = new Run();
    await staged(run, `jsonb_set(staged, '{statement,channel}', to_jsonb(repeat('x', 1100000)))`);
    expect(await codeOf(stage.commit(run))).toBe('parser.run_incomplete');
    expect(await messageOf(run)).toMatch(/bytes are read, and 1 MiB are taken/);
  });
  it('is not the run of the example bank, of all its answers', async () => {
    const run = new Run();
    await stage.answerAll(run);
    expect((await stage.commit(run)).accounts.length).toBeGreaterThan(0);
  });
  it('of days of which twice as many entries are stored is refused, and nothing of the account is loaded', async () => {
    const run = new Run();
    await stage.answerAll(run);
    await stage.commit(run);
    await stage.sql.query(
      `INSERT INTO transactions (transaction_id, account_id, fingerprint, occurrence, date, amount, scale, currency, description)
       SELECT t.transaction_id || '-' || i, t.account_id, t.fingerprint, 1000 + i, t.date, 1, 0, t.currency, 'x'
       FROM (SELECT * FROM transactions WHERE account_id IN (SELECT account_id FROM accounts WHERE holder_id = $1) ORDER BY seq LIMIT 1) t,
         generate_series(1, 1401) i`,
      [run.holderId],
    );
    const next = run.again();
    await stage.answerAll(next);
    expect(await messageOf(next)).toMatch(/entries are stored of its days, and 1400 are compared/);
    expect(await codeOf(stage.commit(next))).toBe('parser.run_incomplete');
  });
});
