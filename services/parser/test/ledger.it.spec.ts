/** What is stored becomes what the bank has told: whole runs on real NATS and Postgres, through all channels. */
import { readFileSync } from 'node:fs';
import { waitFor } from '@enishi/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { accountsPage, historyPage, type ListedAccount, statementOf } from './bank-pages.js';
import { type Booked, type Channel, DAYS, dayName, history, MovingBank, OPENING, Witness } from './moving-bank.js';
import { codeOf, Run, Stage } from './stage.js';

const HTML = 'text/html; charset=UTF-8';
const KEY = 'AAAAAAAAAAA1';
const SAVINGS: ListedAccount = { key: KEY, branch: '101', kind: '普通預金', number: '1234567', balance: 0 };

let stage: Stage;
/** Of a connector that names what the bank tells, and of one that names neither a list's period nor the day of a balance. */
let connectors: { telling: string; silent: string };
beforeAll(async () => {
  stage = await Stage.open();
  const other = JSON.parse(readFileSync(new URL('../../../examples/bank/connector.json', import.meta.url), 'utf8'));
  delete other.pages.history.statement.period;
  delete other.pages.accounts.accounts.asOf;
  connectors = { telling: stage.connectorHash, silent: stage.platform.signConnector({ ...other, id: 'tsubame-silent' }) };
  await stage.startParser();
}, 60_000);
afterAll(async () => stage?.close(), 60_000);

interface Row {
  id: string;
  day: number;
  amount: number;
  words: string;
  withdrawn: boolean;
  revised: boolean;
  balance: string | null;
}

async function rowsOf(accountId: string): Promise<Row[]> {
  const { rows } = await stage.sql.query(
    `SELECT transaction_id AS id, extract(day FROM date)::int AS day, amount::int AS amount, withdrawn_at IS NOT NULL AS withdrawn,
       revised_at IS NOT NULL AS revised, balance::text AS balance, description, counterparty
     FROM transactions WHERE account_id = $1 ORDER BY date, seq`,
    [accountId],
  );
  return rows.map(({ description, counterparty, ...row }) => ({
    ...row,
    words: `${description} ${counterparty ?? ''}`.normalize('NFKC').trim(),
  }));
}
const live = async (accountId: string) => (await rowsOf(accountId)).filter((row) => !row.withdrawn);

async function stateOf(accountId: string): Promise<{ state: string; delta: string | null }> {
  const { rows } = await stage.sql.query(
    'SELECT reconciliation AS state, reconciliation_delta::text AS delta FROM accounts WHERE account_id = $1',
    [accountId],
  );
  return rows[0];
}

/** One run that reads these days of the bank's books through this channel; staged, and not committed yet. */
async function stageReading(
  run: Run,
  bank: MovingBank,
  channel: Channel,
  [from, to]: readonly [number, number],
  { tellsDays = true, date }: { tellsDays?: boolean; date?: string } = {},
): Promise<void> {
  stage.connectorHash = tellsDays ? connectors.telling : connectors.silent;
  const headers: Record<string, string> = date === undefined ? {} : { date };
  await stage.answer(run, 'accounts', accountsPage([{ ...SAVINGS, balance: bank.balanceBefore(DAYS + 1) }]), HTML, {}, headers);
  const statement = { from: dayName(from), to: dayName(to), opening: bank.balanceBefore(from), entries: bank.printed(channel, from, to) };
  const { request, body, type } = statementOf(channel, statement);
  await stage.answer(run, request, body, type, { account: KEY }, headers);
  stage.connectorHash = connectors.telling;
}

async function read(
  run: Run,
  bank: MovingBank,
  channel: Channel,
  days: readonly [number, number] = [1, DAYS],
  how: { tellsDays?: boolean; date?: string } = {},
) {
  await stageReading(run, bank, channel, days, how);
  const [account] = (await stage.commit(run)).accounts;
  if (!account) throw new Error('no account was committed');
  return account;
}

function bankWith(...books: [day: number, amount: number, text: string][]): MovingBank {
  const bank = new MovingBank();
  for (const [day, amount, text] of books) bank.do({ kind: 'book', day, amount, text });
  return bank;
}

/** Days that were read without a gap, with the balances that were stated before and after them. */
interface Span {
  from: number;
  to: number;
  opening: number;
  closing: number;
}

/** After all days of the bank's books. */
const UP_TO_NOW = 1_000;

function extended(before: Span | null, now: Span): Span {
  if (!before || now.from > before.to + 1) return now;
  if (now.to < before.from - 1) return before;
  const [first, last] = [now.from <= before.from ? now : before, now.to >= before.to ? now : before];
  return { from: first.from, opening: first.opening, to: last.to, closing: last.closing };
}

const wordsIn = (channel: Channel, one: Booked) => {
  const [shown] = Object.assign(new MovingBank(), { books: [one] }).printed(channel, 1, DAYS);
  return `${shown?.description} ${shown?.counterparty ?? ''}`.trim();
};

describe('A5 whatever the bank does to its books, in any order, read through any channel', () => {
  it('after each commit what is stored is what the bank has, under the ids it had, and the state is true of it', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        const bank = new MovingBank();
        const witness = new Witness(bank);
        const first = new Run();
        let known: Span | null = null;
        for (const { deeds, reading } of steps) {
          for (const one of deeds) bank.do(one);
          const tellsDays = reading.tellsDays || reading.channel !== 'html';
          const from = Math.min(reading.from, reading.to);
          // A list without a period is one up to now: it ends with the balance in the list of accounts.
          const to = tellsDays ? Math.max(reading.from, reading.to) : DAYS;
          const { accountId, reconciliation } = await read(first.again(), bank, reading.channel, [from, to], { tellsDays });
          const stored = await live(accountId);
          if (!tellsDays) {
            const printed = bank.within(from, to);
            const firstDay = printed[0]?.day ?? DAYS;
            const here = stored.filter(({ day }) => day >= firstDay);
            const sum = (list: readonly { amount: number }[]) => list.reduce((total, { amount }) => total + amount, 0);
            witness.forget(firstDay);
            if (printed.length > 0) {
              const after = { from: firstDay + 1, to: DAYS };
              const wrongs = witness.wrongs(
                after,
                here.filter(({ day }) => day > firstDay),
                (one) => wordsIn('html', one),
              );
              expect(wrongs).toEqual([]);
            }
            // Its first day may be cut: what is stored there and was not read is not disproved.
            if (printed.length === 0 || here.length !== printed.length || sum(here) !== sum(printed)) {
              expect(reconciliation).toEqual({ state: 'unknown', delta: null });
              continue;
            }
            const closing = bank.balanceBefore(DAYS + 1);
            known = extended(known, { from: firstDay, to: UP_TO_NOW, opening: bank.balanceBefore(firstDay), closing });
            const held = stored.filter(({ day }) => day >= (known as Span).from);
            const delta = known.closing - known.opening - sum(held);
            expect(reconciliation).toEqual({ state: delta === 0 ? 'reconciled' : 'mismatch', delta: String(delta) });
            continue;
          }
          const shown = stored.filter(({ day }) => day >= from && day <= to);
          expect(witness.wrongs({ from, to }, shown, (one) => wordsIn(reading.channel, one))).toEqual([]);

          // An empty page states no balance: then it cannot be told whether all adds up.
          if (reading.channel === 'html' && shown.length === 0) {
            expect(reconciliation).toEqual({ state: 'unknown', delta: null });
            continue;
          }
          known = extended(known, { from, to, opening: bank.balanceBefore(from), closing: bank.balanceBefore(to + 1) });
          const { opening, closing } = known;
          const held = stored.filter(({ day }) => day >= (known as Span).from && day <= (known as Span).to);
          const delta = closing - opening - held.reduce((sum, { amount }) => sum + amount, 0);
          expect(reconciliation).toEqual({ state: delta === 0 ? 'reconciled' : 'mismatch', delta: String(delta) });
          expect(await stateOf(accountId)).toEqual({ state: reconciliation.state, delta: String(delta) });
        }
      }),
      { numRuns: 60, seed: 20_261_125 },
    );
  }, 300_000);
});

describe('A5 a reading that proves its days is authoritative', () => {
  it('what the bank changed keeps its id and says so; what was before is kept', async () => {
    const bank = bankWith([2, -450, 'ミテイ'], [3, -1_200, 'ヤチン']);
    const first = new Run();
    const { accountId } = await read(first, bank, 'csv');
    const before = await rowsOf(accountId);
    Object.assign(bank.books[0] as Booked, { text: 'コーヒー', amount: -540 });
    bank.books[0] = { ...(bank.books[0] as Booked) };
    await read(first.again(), bank, 'html');
    bank.do({ kind: 'correct', which: 1, by: 3 });
    await read(first.again(), bank, 'html');
    const after = await rowsOf(accountId);
    expect(after.filter((row) => !row.withdrawn)).toMatchObject([
      { day: 2, amount: -540, words: 'コーヒー' },
      { day: 3, amount: -1_197, id: before[1]?.id, revised: true },
    ]);
    const { rows } = await stage.sql.query('SELECT before FROM transaction_revisions WHERE transaction_id = $1', [before[1]?.id]);
    expect(rows).toMatchObject([{ before: { amount: '-1200', date: '2026-10-03' } }]);
  });

  it('what it does not show any more is withdrawn, never deleted, and comes back under its id', async () => {
    const bank = bankWith([2, -450, 'コーヒー'], [3, -1_200, 'ヤチン']);
    const first = new Run();
    const { accountId } = await read(first, bank, 'zengin03');
    const [coffee] = await rowsOf(accountId);
    const [gone] = bank.books.splice(0, 1);
    expect((await read(first.again(), bank, 'html')).reconciliation.state).toBe('reconciled');
    await stage.allow(first, 'phone');
    const path = `/v1/accounts/${accountId}/transactions`;
    expect((await stage.call(first.holderId, 'GET', path)).body.transactions).toMatchObject([{ amount: '-1200', withdrawnAt: null }]);
    expect((await stage.call(first.holderId, 'GET', `${path}?withdrawn=include`)).body.transactions).toMatchObject([
      { amount: '-1200', withdrawnAt: null },
      { transactionId: coffee?.id, withdrawnAt: expect.stringMatching(/^20/) },
    ]);
    bank.books.unshift(gone as Booked);
    await read(first.again(), bank, 'csv');
    expect(await live(accountId)).toMatchObject([{ id: coffee?.id, day: 2 }, { day: 3 }]);
  });

  it('an entry that is known through one channel is matched when it is read through another, also by another connection', async () => {
    const bank = bankWith([2, -450, 'コーヒー'], [2, -450, 'コーヒー'], [3, -1_200, 'フリコミ']);
    const first = new Run();
    const { accountId } = await read(first, bank, 'html');
    const ids = (await rowsOf(accountId)).map((row) => row.id);
    for (const [channel, run] of [
      ['csv', new Run(first.holderId)],
      ['zengin03', new Run(first.holderId)],
      ['html', first.again()],
    ] as const) {
      expect(await read(run, bank, channel)).toMatchObject({ accountId, added: 0, reconciliation: { state: 'reconciled' } });
      expect((await rowsOf(accountId)).map((row) => row.id)).toEqual(ids);
    }
    expect(await stage.count('transaction_revisions', 'transaction_id = ANY($1)', ids)).toBe(0);
  });

  it('an empty list of days that are stated withdraws what was there', async () => {
    const bank = bankWith([2, -450, 'コーヒー'], [5, -70, 'ヤチン']);
    const first = new Run();
    const { accountId } = await read(first, bank, 'html');
    bank.books.shift();
    await read(first.again(), bank, 'html', [1, 4]);
    expect(await live(accountId)).toMatchObject([{ day: 5 }]);
  });

  it('a list that may be cut withdraws nothing at its ends, and is not called reconciled while more is stored there', async () => {
    const bank = bankWith([2, -450, 'コーヒー'], [2, -70, 'ヤチン'], [4, -10, 'コーヒー'], [6, -20, 'コーヒー']);
    const first = new Run();
    const { accountId } = await read(first, bank, 'csv');
    // The last three entries, without a period, on the first day from noon.
    const cut = { from: dayName(2), to: dayName(6), opening: 0, entries: bank.printed('html', 1, DAYS).slice(1) };
    const run = first.again();
    stage.connectorHash = connectors.silent;
    await stage.answer(run, 'accounts', accountsPage([SAVINGS]), HTML);
    await stage.answer(run, 'history', historyPage(cut, { period: false }), HTML, { account: KEY });
    stage.connectorHash = connectors.telling;
    const [account] = (await stage.commit(run)).accounts;
    expect(account).toMatchObject({ accountId, added: 0, reconciliation: { state: 'unknown' } });
    expect(await live(accountId)).toHaveLength(4);
  });

  it('a list that tells no days, and ends with the balance of the account, proves the days up to the answer', async () => {
    const bank = bankWith([1, 10, 'コーヒー'], [5, 10, 'ヤチン'], [9, 10, 'フリコミ']);
    const first = new Run();
    const { accountId } = await read(first, bank, 'html', [1, DAYS], { tellsDays: false });
    expect(await stateOf(accountId)).toEqual({ state: 'reconciled', delta: '0' });
    bank.books.pop();
    await read(first.again(), bank, 'html', [1, DAYS], { tellsDays: false });
    expect(await live(accountId)).toMatchObject([{ day: 1 }, { day: 5 }]);
    expect(await stateOf(accountId)).toEqual({ state: 'reconciled', delta: '0' });
  });

  it('an empty list that tells no days withdraws nothing, and leaves nothing called reconciled', async () => {
    const bank = bankWith([2, -450, 'コーヒー']);
    const first = new Run();
    const { accountId } = await read(first, bank, 'html');
    bank.books.pop();
    await read(first.again(), bank, 'html', [1, DAYS], { tellsDays: false });
    expect(await live(accountId)).toMatchObject([{ day: 2 }]);
    expect(await stateOf(accountId)).toEqual({ state: 'unknown', delta: null });
  });

  it('running balances that a correction has made untrue are not shown on', async () => {
    const bank = bankWith([2, -450, 'コーヒー'], [5, -70, 'ヤチン']);
    const first = new Run();
    const { accountId } = await read(first, bank, 'html');
    expect((await rowsOf(accountId)).map((row) => row.balance)).toEqual([String(OPENING - 450), String(OPENING - 520)]);
    bank.do({ kind: 'book', day: 3, amount: -100, text: 'フリコミ' });
    await read(first.again(), bank, 'zengin03');
    expect((await rowsOf(accountId)).map((row) => row.balance)).toEqual([String(OPENING - 450), null, null]);
  });
});

describe('A5 the state of an account is that of what is stored', () => {
  it('a part that was read well does not hide that an earlier part has changed', async () => {
    const bank = bankWith([2, -450, 'コーヒー'], [5, -70, 'ヤチン'], [9, -10, 'コーヒー']);
    const first = new Run();
    await read(first, bank, 'csv');
    bank.books.shift();
    const part = await read(first.again(), bank, 'csv', [4, DAYS]);
    expect(part.reconciliation).toEqual({ state: 'mismatch', delta: '450' });
    expect((await read(first.again(), bank, 'csv')).reconciliation).toEqual({ state: 'reconciled', delta: '0' });
  });

  it('is a mismatch when a list without entries states two balances that differ', async () => {
    const run = new Run();
    const { body, request, type } = statementOf('csv', { from: dayName(1), to: dayName(2), opening: 11, entries: [] });
    await stage.answer(run, 'accounts', accountsPage([SAVINGS]), HTML);
    const file = body.toString().replace('"期間末残高","11"', '"期間末残高","12"');
    await stage.answer(run, request, Buffer.from(file), type, { account: KEY });
    expect((await stage.commit(run)).accounts).toMatchObject([{ reconciliation: { state: 'mismatch', delta: '1' } }]);
  });

  it('is refused with a cause when a sum is larger than can be kept: never tried for ever', async () => {
    const run = new Run();
    const { body, request, type } = statementOf('csv', { from: dayName(1), to: dayName(2), opening: 11, entries: [] });
    const largest = String(2n ** 63n - 1n);
    const file = body
      .toString()
      .replace('"期間前残高","11"', `"期間前残高","-${largest}"`)
      .replace('"期間末残高","11"', `"期間末残高","${largest}"`);
    await stage.answer(run, 'accounts', accountsPage([SAVINGS]), HTML);
    await stage.answer(run, request, Buffer.from(file), type, { account: KEY });
    expect(await codeOf(stage.commit(run))).toBe('parser.run_incomplete');
    expect(await stage.count('accounts', 'holder_id = $1', run.holderId)).toBe(0);
  });

  it('is unknown after an erased connection took entries along', async () => {
    const bank = bankWith([2, -450, 'コーヒー'], [9, -10, 'コーヒー']);
    const first = new Run();
    const { accountId } = await read(first, bank, 'csv');
    const other = new Run(first.holderId);
    await read(other, bank, 'csv', [8, DAYS]);
    expect((await stateOf(accountId)).state).toBe('reconciled');
    await stage.erase(first);
    await waitFor(async () => (await stage.count('erased_connections', 'connection_id = $1', first.connectionId)) === 1);
    expect(await live(accountId)).toMatchObject([{ day: 9 }]);
    expect(await stateOf(accountId)).toEqual({ state: 'unknown', delta: null });
  });

  it('an empty list that tells no days decides nothing when a later reading is stored already', async () => {
    const bank = bankWith([2, -450, 'コーヒー']);
    const [early, late] = [new Run(), new Run()];
    Object.assign(late, { holderId: early.holderId });
    await stageReading(early, new MovingBank(), 'html', [1, DAYS], { tellsDays: false });
    const { accountId } = await read(late, bank, 'html');
    await stage.commit(early);
    expect(await stateOf(accountId)).toEqual({ state: 'reconciled', delta: '0' });
  });

  it('an account that is listed and not read keeps its state', async () => {
    const bank = bankWith([2, -450, 'コーヒー']);
    const first = new Run();
    const { accountId } = await read(first, bank, 'html');
    const next = first.again();
    await stage.answer(next, 'accounts', accountsPage([SAVINGS]), HTML);
    await stage.commit(next);
    expect(await stateOf(accountId)).toEqual({ state: 'reconciled', delta: '0' });
  });

  it.each(['Thu, 01 Jan 1970 00:00:00 GMT', '0000-01-01T00:00:00Z'])(
    'a bank whose clock says %s is read as of now: nothing is lost, and nothing that is stored is called newer',
    async (date) => {
      const bank = bankWith([2, -450, 'コーヒー'], [4, -70, 'ヤチン']);
      const first = new Run();
      const { accountId } = await read(first, bank, 'csv');
      bank.books.pop();
      await read(first.again(), bank, 'csv', [1, DAYS], { date });
      expect(await live(accountId)).toMatchObject([{ day: 2 }]);
      expect(await stateOf(accountId)).toEqual({ state: 'reconciled', delta: '0' });
    },
  );

  it("an answer is as old as the bank's clock says, but not older than the answer that its order followed on", async () => {
    const run = new Run();
    const ago = (minutes: number) => new Date(Math.floor(Date.now() / 1_000 - minutes * 60) * 1_000);
    const [long, short] = [ago(8), ago(6)];
    await stage.answer(run, 'accounts', accountsPage([SAVINGS]), HTML, {}, { date: long.toUTCString() });
    await stage.answer(run, 'accounts', accountsPage([SAVINGS]), HTML, {}, { date: short.toUTCString() });
    const { rows } = await stage.sql.query('SELECT answered_at AS at FROM received_pages WHERE run_id = $1 ORDER BY step', [run.runId]);
    expect(rows[0].at).toEqual(long);
    expect(rows[1].at.getTime()).toBeGreaterThan(ago(1).getTime());
  });

  it('a reading that is older than what is stored does not take back what a later one brought', async () => {
    const bank = bankWith([2, -450, 'コーヒー']);
    const [early, late] = [new Run(), new Run()];
    Object.assign(late, { holderId: early.holderId });
    await stageReading(early, bank, 'csv', [1, DAYS]);
    bank.do({ kind: 'book', day: 3, amount: -70, text: 'ヤチン' });
    await stageReading(late, bank, 'csv', [1, DAYS]);
    const { accountId } = (await stage.commit(late)).accounts[0] ?? {};
    expect((await stage.commit(early)).accounts).toMatchObject([{ accountId, added: 0, reconciliation: { state: 'reconciled' } }]);
    expect(await live(accountId as string)).toMatchObject([{ day: 2 }, { day: 3 }]);
  });

  it('two runs of one account at once, in any order, end in what the later of them has read', async () => {
    for (let round = 0; round < 6; round++) {
      const bank = bankWith([2, -450, 'コーヒー'], [4, -450, 'コーヒー']);
      const first = new Run();
      const { accountId } = await read(first, bank, 'csv');
      const [one, two] = [first.again(), new Run(first.holderId)];
      bank.do({ kind: 'book', day: 3, amount: -70, text: 'ヤチン' });
      await stageReading(one, bank, 'html', [1, DAYS]);
      bank.do({ kind: 'delete', which: 0, by: 1 });
      await stageReading(two, bank, 'zengin03', [1, DAYS]);
      await Promise.all(round % 2 === 0 ? [stage.commit(one), stage.commit(two)] : [stage.commit(two), stage.commit(one)]);
      expect(await live(accountId)).toMatchObject([{ day: 3 }, { day: 4 }]);
      expect(await stateOf(accountId)).toEqual({ state: 'reconciled', delta: '0' });
    }
  }, 60_000);
});

describe('A5 an account', () => {
  const listing = async (run: Run, accounts: readonly ListedAccount[], declared?: number) => {
    await stage.answer(run, 'accounts', accountsPage(accounts, declared), HTML);
    return (await stage.commit(run)).accounts;
  };
  const shown = async (run: Run) => {
    await stage.allow(run, 'phone');
    return (await stage.call(run.holderId, 'GET', '/v1/accounts')).body;
  };

  it('of another kind under the same number is another account', async () => {
    const run = new Run();
    const time = { ...SAVINGS, key: 'AAAAAAAAAAA2', kind: '定期預金', balance: 500 };
    const own = { ...SAVINGS, key: 'AAAAAAAAAAA3', kind: '外貨普通預金', balance: 20 };
    expect(new Set((await listing(run, [{ ...SAVINGS, balance: 100 }, time, own])).map((account) => account.accountId)).size).toBe(3);
    const { accounts, totals } = await shown(run);
    expect(accounts.map((account: { kind: string }) => account.kind).toSorted()).toEqual(['ordinary', 'time', '外貨普通預金']);
    expect(totals).toEqual([{ currency: 'JPY', amount: '620' }]);
  });

  it('that is stored under its identity of before is carried over, with its entries', async () => {
    const bank = bankWith([2, -450, 'コーヒー']);
    const first = new Run();
    const { accountId } = await read(first, bank, 'csv');
    const { accountIdentityV1 } = await import('../src/commit-run/account-identity.js');
    const key = Buffer.from(readFileSync(`${stage.platform.dir}/identity.key`, 'utf8'), 'base64url');
    const old = accountIdentityV1(key, { institution: '0999', branch: '101', type: 'ordinary', number: '1234567' });
    await stage.sql.query("UPDATE accounts SET identity = $1, kind = '' WHERE account_id = $2", [old, accountId]);
    expect(await read(first.again(), bank, 'csv')).toMatchObject({ accountId, added: 0 });
    expect(await stage.count('accounts', 'holder_id = $1 AND identity <> $2', first.holderId, old)).toBe(1);
  });

  it("that the bank's own complete list no longer has is closed, and not added up; listed again it is open", async () => {
    const run = new Run();
    const merged = { ...SAVINGS, branch: '205', balance: 100 };
    const [old] = await listing(run, [{ ...SAVINGS, balance: 100 }]);
    const [fresh] = await listing(run.again(), [merged]);
    const after = await shown(run);
    expect(Object.fromEntries(after.accounts.map((a: { accountId: string; status: string }) => [a.accountId, a.status]))).toEqual({
      [old?.accountId as string]: 'closed',
      [fresh?.accountId as string]: 'open',
    });
    expect(after.totals).toEqual([{ currency: 'JPY', amount: '100' }]);
    await listing(run.again(), [
      { ...SAVINGS, balance: 100 },
      { ...merged, key: 'AAAAAAAAAAA2' },
    ]);
    expect((await shown(run)).totals).toEqual([{ currency: 'JPY', amount: '200' }]);
  });

  it('stays open while the list of another connection has it', async () => {
    const run = new Run();
    const other = new Run(run.holderId);
    await listing(run, [{ ...SAVINGS, balance: 100 }]);
    await listing(other, [{ ...SAVINGS, balance: 100 }]);
    await listing(run.again(), [{ ...SAVINGS, branch: '205', balance: 7 }]);
    expect((await shown(run)).totals).toEqual([{ currency: 'JPY', amount: '107' }]);
    await stage.erase(other);
    await waitFor(async () => (await stage.count('erased_connections', 'connection_id = $1', other.connectionId)) === 1);
    expect((await shown(run)).totals).toEqual([{ currency: 'JPY', amount: '7' }]);
  });

  it('is not closed by a list that has not as many accounts as the bank says', async () => {
    const run = new Run();
    await listing(run, [{ ...SAVINGS, balance: 100 }]);
    expect(await codeOf(listing(run.again(), [{ ...SAVINGS, branch: '205', balance: 7 }], 2))).toBe('parser.run_incomplete');
    expect((await shown(run)).totals).toEqual([{ currency: 'JPY', amount: '100' }]);
  });
});
