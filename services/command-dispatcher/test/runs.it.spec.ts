/** Runs on real NATS and Postgres, from the POST to the end. */
import { writeFileSync } from 'node:fs';
import { commitRun, getOrder, HolderId } from '@enishi/contracts';
import { certifyKey, generateSealingKey, generateSigningKey } from '@enishi/crypto';
import { failure } from '@enishi/errors';
import type { RunningService } from '@enishi/http';
import { waitFor } from '@enishi/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DriveRuns } from '../src/drive-run/drive-runs.js';
import { GOOD_BANK, GOOD_ORDERS, Stage, StandInTerminal } from './stage.js';

let stage: Stage;
let dispatcher: RunningService;
beforeAll(async () => {
  stage = await Stage.open({ AWAY_RETRY_MS: '60000', RESULT_GRACE_MS: '300' });
  dispatcher = await stage.startDispatcher();
}, 60_000);
afterAll(async () => stage?.close(), 60_000);

describe('a run', () => {
  it('A1 A4 A5 issues order after order until the condition is met, then commits once', async () => {
    const { holder, terminal, connectionId } = await stage.cast();
    const commitsBefore = stage.parser.commits;
    const runId = await stage.startRun(holder, connectionId);
    const told = await stage.watch(holder, runId);
    expect(told.filter(({ kind }) => kind === 'ordered').map(({ request }) => request)).toEqual(GOOD_ORDERS);
    expect(told.at(0)).toMatchObject({ kind: 'started', seq: 1 });
    expect(told.slice(-2).map(({ kind }) => kind)).toEqual(['committed', 'finished']);
    expect(terminal.executed.map(({ request }) => request)).toEqual(GOOD_ORDERS);
    expect(stage.parser.commits - commitsBefore).toBe(1);
    const { body } = await stage.call(holder, 'GET', `/v1/runs/${runId}`);
    expect(body).toMatchObject({ state: 'finished', cause: null, steps: GOOD_ORDERS.length });
  });

  it('A1 every order is for this terminal, session and run, in a rising sequence', async () => {
    const { holder, terminal, connectionId } = await stage.cast();
    const runId = await stage.startRun(holder, connectionId);
    await stage.ended(holder, runId);
    for (const order of terminal.executed)
      expect(order).toMatchObject({
        terminalId: terminal.terminalId,
        holderId: holder,
        connectionId,
        runId,
        sessionNonce: terminal.sessionNonce,
      });
    const sequences = terminal.delivered.map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    expect(new Set(sequences).size).toBe(sequences.length);
    expect(terminal.executed.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('tells its whole journal again to one who comes late, and only the rest to one who was cut off', async () => {
    const { holder, connectionId } = await stage.cast();
    const runId = await stage.startRun(holder, connectionId);
    const all = await stage.watch(holder, runId);
    expect(await stage.watch(holder, runId)).toEqual(all);
    const from = all[4]?.seq ?? 0;
    expect(await stage.watch(holder, runId, from)).toEqual(all.slice(5));
  });

  it('an answer that is told twice has one effect, also under another event id', async () => {
    const { holder, terminal, connectionId } = await stage.cast();
    terminal.bank = {
      ...GOOD_BANK,
      loginForm: (order) => {
        void stage.parser.read(order, GOOD_BANK['loginForm']?.(order) ?? {});
        return GOOD_BANK['loginForm']?.(order) ?? {};
      },
    };
    const run = await stage.ended(holder, await stage.startRun(holder, connectionId));
    expect(run.state).toBe('finished');
    expect(terminal.executed.map(({ request }) => request)).toEqual(GOOD_ORDERS);
  });

  it('only one run of a connection at a time, however many ask at once', async () => {
    const { holder, terminal, connectionId } = await stage.cast();
    terminal.bank = { ...GOOD_BANK, loginForm: () => null };
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => stage.call(holder, 'POST', `/v1/connections/${connectionId}/runs`, {})),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 409, 409, 409, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('command-dispatcher.run_under_way');
    await stage.call(holder, 'DELETE', `/v1/connections/${connectionId}`);
  });

  it.each([
    [{ from: '2026-01-02', to: '2026-01-01' }, 'body.from'],
    [{ to: '2999-01-01' }, 'body.to'],
    [{ from: '2020-01-01', to: '2026-01-01' }, 'body.from'],
  ])('a period that is not valid is refused by name and place: %j', async (body, place) => {
    const { holder, connectionId } = await stage.cast();
    const answer = await stage.call(holder, 'POST', `/v1/connections/${connectionId}/runs`, body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'command-dispatcher.period_not_valid', place } });
  });
});

describe('the keys of orders', () => {
  it('A1 are taken up from their files without a restart, all together, once they fit', async () => {
    const { pki } = stage.platform;
    const certify = (use: 'order' | 'result', jwk: Parameters<typeof certifyKey>[1]['jwk']) =>
      certifyKey(pki.root.privateJwk, { use, jwk, validForSeconds: 3_600 });
    const [orderKey, resultKey] = [generateSigningKey(), generateSealingKey()];
    const resultStatement = certify('result', resultKey.publicJwk);
    const { holder, terminal, connectionId } = await stage.cast();
    const resultKeysOfARun = async () => {
      const from = terminal.delivered.length;
      // The terminal refuses an order whose signature and statement do not belong together.
      expect(await stage.ended(holder, await stage.startRun(holder, connectionId))).toMatchObject({ state: 'finished' });
      return [...new Set(terminal.delivered.slice(from).map((order) => order.resultKey))];
    };
    // The key without its statement: the set does not fit.
    writeFileSync(pki.orderKeyFile, JSON.stringify(orderKey.privateJwk));
    writeFileSync(pki.resultKeyStatementFile, resultStatement);
    // Longer than it takes to look twice.
    for (const until = performance.now() + 2_500; performance.now() < until; )
      expect(await resultKeysOfARun()).toEqual([pki.result.statement]);
    writeFileSync(pki.orderKeyStatementFile, certify('order', orderKey.publicJwk));
    await waitFor(async () => (await resultKeysOfARun()).at(-1) === resultStatement, { what: 'an order with the new keys' });
  });
});

describe('a run that cannot go on ends with a cause', () => {
  it('UNKNOWN_PAGE: nothing is committed', async () => {
    const { holder, terminal, connectionId } = await stage.cast();
    const commits = stage.parser.commits;
    terminal.bank = { ...GOOD_BANK, login: () => ({ page: null, verdict: 'unknown' }) };
    const run = await stage.ended(holder, await stage.startRun(holder, connectionId));
    expect(run).toMatchObject({ state: 'failed', cause: { code: 'UNKNOWN_PAGE', actor: 'us' } });
    expect(run.cause.text.ja).toMatch(/未知/);
    expect(stage.parser.commits).toBe(commits);
  });

  it('SITE_CHANGED when a fact does not have the form that the connector promises', async () => {
    const { holder, terminal, connectionId } = await stage.cast();
    terminal.bank = { ...GOOD_BANK, loginForm: () => ({ page: 'loginPage', facts: { token: 'NOT LOWER CASE' } }) };
    const run = await stage.ended(holder, await stage.startRun(holder, connectionId));
    expect(run).toMatchObject({ state: 'failed', cause: { code: 'SITE_CHANGED' } });
    expect(JSON.stringify(run)).not.toContain('NOT LOWER CASE');
  });

  it('INCOMPLETE_DATA when the parser has not all of it', async () => {
    const { holder, connectionId } = await stage.cast();
    stage.parser.onCommit = () => {
      throw failure(commitRun, 'run_incomplete', 'a page is missing');
    };
    const run = await stage.ended(holder, await stage.startRun(holder, connectionId));
    stage.parser.onCommit = () => ({ accounts: [] });
    expect(run).toMatchObject({ state: 'failed', cause: { code: 'INCOMPLETE_DATA' } });
  });

  it('BANK_TIMEOUT after the same order was given three times more; it is the same order each time', async () => {
    const { holder, terminal, connectionId } = await stage.cast();
    const quick = { ...(await import('./sample-connector.js')).sampleConnector(), id: 'quick-bank' };
    for (const request of Object.values(quick.requests)) Object.assign(request, { timeoutMs: 1_000 });
    stage.signConnector(quick);
    const made = await waitFor(async () => {
      const answer = await stage.call(holder, 'POST', '/v1/connections', {
        connectorId: 'quick-bank',
        terminalId: terminal.terminalId,
        label: 'q',
      });
      return answer.status === 201 && answer.body;
    });
    expect(connectionId).not.toBe(made.connectionId);
    terminal.bank = { ...GOOD_BANK, login: () => null };
    const run = await stage.ended(holder, await stage.startRun(holder, made.connectionId), 30_000);
    expect(run).toMatchObject({ state: 'failed', cause: { code: 'BANK_TIMEOUT' } });
    const logins = terminal.delivered.filter(({ request }) => request === 'login');
    expect(logins).toHaveLength(4);
    expect(new Set(logins.map(({ orderId }) => orderId)).size).toBe(1);
    expect(terminal.executed.filter(({ request }) => request === 'login')).toHaveLength(1);
  }, 40_000);

  it('CREDENTIALS_REJECTED stops the connection, until the secrets have another version', async () => {
    const { holder, terminal, connectionId } = await stage.cast();
    terminal.credentials = { [connectionId]: 'v1' };
    await terminal.attach();
    terminal.bank = { ...GOOD_BANK, login: () => ({ page: 'loginRefused', facts: { code: 'E01' }, credentialVersion: 'v1' }) };
    const run = await stage.ended(holder, await stage.startRun(holder, connectionId));
    expect(run.cause.code).toBe('CREDENTIALS_REJECTED');
    const start = () => stage.call(holder, 'POST', `/v1/connections/${connectionId}/runs`, {});
    expect(await start()).toMatchObject({ status: 409, body: { code: 'command-dispatcher.connection_stopped' } });
    // A new session with the same secrets changes nothing.
    await terminal.attach();
    expect((await start()).body.code).toBe('command-dispatcher.connection_stopped');
    expect((await stage.call(holder, 'GET', '/v1/connections')).body.connections[0]).toMatchObject({ stoppedBy: 'CREDENTIALS_REJECTED' });
    terminal.credentials = { [connectionId]: 'v2' };
    terminal.bank = { ...GOOD_BANK };
    await terminal.attach();
    expect((await start()).status).toBe(202);
    await stage.ended(holder, (await stage.call(holder, 'GET', '/v1/connections')).body.connections[0].lastRun.runId);
  });
});

describe('a rejected login', () => {
  const REFUSED = { page: 'loginRefused', facts: { code: 'E01' }, credentialVersion: 'v1' };
  /** A run whose terminal has the login, told its secrets as v1, and says nothing yet. */
  async function castAtLogin() {
    const cast = await stage.cast();
    const { holder, terminal, connectionId } = cast;
    terminal.credentials = { [connectionId]: 'v1' };
    await terminal.attach();
    terminal.bank = { ...GOOD_BANK, login: () => null };
    const runId = await stage.startRun(holder, connectionId);
    const login = await waitFor(() => terminal.executed.find(({ request }) => request === 'login'));
    return { ...cast, runId, login };
  }
  const isStopped = async (connectionId: string) =>
    (await stage.sql.query('SELECT stopped_by FROM connections WHERE connection_id = $1', [connectionId])).rows[0].stopped_by ===
    'CREDENTIALS_REJECTED';

  it('stops the connection also when the connector was replaced during the run', async () => {
    const { holder, terminal, connectionId, runId, login } = await castAtLogin();
    await stage.sql.query("UPDATE runs SET connector_hash = 'an older one' WHERE run_id = $1", [runId]);
    await stage.parser.read(login, REFUSED);
    expect((await stage.ended(holder, runId)).cause.code).toBe('INCOMPLETE_DATA');
    await waitFor(() => isStopped(connectionId));
    const again = await stage.call(holder, 'POST', `/v1/connections/${connectionId}/runs`, {});
    expect(again.body.code).toBe('command-dispatcher.connection_stopped');
    expect(terminal.executed.filter(({ request }) => request === 'login')).toHaveLength(1);
  });

  it('stops the connection also when it comes after the end of the run, and its result is still taken', async () => {
    const { holder, connectionId, runId, login } = await castAtLogin();
    await stage.sql.query('UPDATE runs SET deadline_at = now(), wake_at = now(), lease_until = NULL WHERE run_id = $1', [runId]);
    const ended = await stage.ended(holder, runId);
    const asked = await stage.parser.bus.request(getOrder, { orderId: login.orderId });
    expect(asked).toMatchObject({ request: 'login', runId });
    await stage.parser.read(login, REFUSED);
    await waitFor(() => isStopped(connectionId));
    expect((await stage.call(holder, 'GET', `/v1/runs/${runId}`)).body).toEqual(ended);
  });

  it('does not stop it when the terminal has told of other secrets since they were tried', async () => {
    const { holder, terminal, connectionId, runId, login } = await castAtLogin();
    terminal.credentials = { [connectionId]: 'v2' };
    await terminal.attach();
    await stage.parser.read(login, REFUSED);
    expect((await stage.ended(holder, runId)).cause.code).toBe('CREDENTIALS_REJECTED');
    terminal.bank = { ...GOOD_BANK };
    expect((await stage.ended(holder, await stage.startRun(holder, connectionId))).state).toBe('finished');
  });

  it('stops it when the secrets that were tried are newer than those that the terminal has told of', async () => {
    const { holder, connectionId, runId, login } = await castAtLogin();
    await stage.parser.read(login, { ...REFUSED, credentialVersion: 'v2' });
    expect((await stage.ended(holder, runId)).cause.code).toBe('CREDENTIALS_REJECTED');
    expect(await isStopped(connectionId)).toBe(true);
  });

  it('meets a start that comes at the same time: one waits for the other, none is broken off', async () => {
    const { holder, connectionId, runId, login } = await castAtLogin();
    const [, ...starts] = await Promise.all([
      stage.parser.read(login, REFUSED),
      ...Array.from({ length: 10 }, () => stage.call(holder, 'POST', `/v1/connections/${connectionId}/runs`, {})),
    ]);
    for (const { status } of starts) expect(status).toBe(409);
    expect((await stage.ended(holder, runId)).cause.code).toBe('CREDENTIALS_REJECTED');
    expect(await isStopped(connectionId)).toBe(true);
  });
});

describe('a terminal that is away', () => {
  it('the run waits for it, and goes on when it is attached', async () => {
    const { holder, terminal, connectionId } = await stage.cast();
    await terminal.detach();
    const runId = await stage.startRun(holder, connectionId);
    await waitFor(async () => (await stage.call(holder, 'GET', `/v1/runs/${runId}`)).body.state === 'away');
    expect(terminal.delivered).toHaveLength(0);
    await terminal.attach();
    expect((await stage.ended(holder, runId)).state).toBe('finished');
    const told = await stage.watch(holder, runId);
    expect(told.filter(({ kind }) => kind === 'terminal_away')).toHaveLength(1);
    expect(terminal.executed.map(({ request }) => request)).toEqual(GOOD_ORDERS);
  });

  it('a terminal that has never been attached is waited for; nothing counts as ordered before there is one to take it', async () => {
    const holder = HolderId.generate();
    const terminal = new StandInTerminal(stage);
    await terminal.enrol((await stage.call(holder, 'POST', '/v1/enrolment-codes', { label: 'PC' })).body.code);
    const body = { connectorId: 'sample-bank', terminalId: terminal.terminalId, label: 'Salary' };
    const { connectionId } = (await stage.call(holder, 'POST', '/v1/connections', body)).body;
    const runId = await stage.startRun(holder, connectionId);
    await waitFor(async () => (await stage.call(holder, 'GET', `/v1/runs/${runId}`)).body.state === 'away');
    await terminal.attach();
    expect((await stage.ended(holder, runId)).state).toBe('finished');
    const told = await stage.watch(holder, runId);
    expect(told.slice(0, 3).map(({ kind }) => kind)).toEqual(['started', 'terminal_away', 'ordered']);
    expect(told.filter(({ kind }) => kind === 'ordered').map(({ request }) => request)).toEqual(GOOD_ORDERS);
  });

  it('a terminal that comes back in the middle of a delivery is not slept past', async () => {
    const { holder, terminal, connectionId } = await stage.cast();
    terminal.onDeliver = async () => {
      terminal.onDeliver = () => undefined;
      // The new session is there before the old delivery is known to have failed.
      await terminal.detach();
      await terminal.attach();
      StandInTerminal.away();
    };
    const run = await stage.ended(holder, await stage.startRun(holder, connectionId));
    expect(run.state).toBe('finished');
  });

  it('an order that was taken in an older session is handed to the new one: the same order', async () => {
    const { holder, terminal, connectionId } = await stage.cast();
    let silent = true;
    terminal.bank = { ...GOOD_BANK, login: (order) => (silent ? null : (GOOD_BANK['login']?.(order) ?? null)) };
    const runId = await stage.startRun(holder, connectionId);
    const login = await waitFor(() => terminal.executed.find(({ request }) => request === 'login'));
    await waitFor(
      async () => (await stage.sql.query('SELECT 1 FROM orders WHERE order_id = $1 AND taken_at IS NOT NULL', [login.orderId])).rowCount,
    );
    silent = false;
    await terminal.detach();
    await terminal.attach();
    await waitFor(() => terminal.delivered.filter(({ orderId }) => orderId === login.orderId).length === 2);
    await stage.parser.read(login, GOOD_BANK['login']?.(login) ?? {});
    expect((await stage.ended(holder, runId)).state).toBe('finished');
    expect(terminal.executed.filter(({ request }) => request === 'login')).toHaveLength(1);
  });

  it('AGENT_OFFLINE when it does not come back in the time of the run', async () => {
    const { holder, terminal, connectionId } = await stage.cast();
    await terminal.detach();
    const runId = await stage.startRun(holder, connectionId);
    await waitFor(async () => (await stage.call(holder, 'GET', `/v1/runs/${runId}`)).body.state === 'away');
    await stage.sql.query('UPDATE runs SET deadline_at = now(), wake_at = now() WHERE run_id = $1', [runId]);
    expect((await stage.ended(holder, runId)).cause.code).toBe('AGENT_OFFLINE');
  });
});

describe('the journal', () => {
  it('is append-only: Postgres refuses to change a line', async () => {
    const { holder, connectionId } = await stage.cast();
    const runId = await stage.startRun(holder, connectionId);
    await stage.ended(holder, runId);
    await expect(stage.sql.query("UPDATE run_journal SET kind = 'finished' WHERE run_id = $1", [runId])).rejects.toThrow('append-only');
    await expect(stage.sql.query('TRUNCATE run_journal')).rejects.toThrow('append-only');
  });
  it('of an ended run, nothing of the bank is left in the rows', async () => {
    const { holder, connectionId } = await stage.cast();
    const runId = await stage.startRun(holder, connectionId);
    await stage.ended(holder, runId);
    const rows = await stage.sql.query(
      'SELECT (SELECT json_agg(r) FROM runs r WHERE run_id = $1)::text || (SELECT json_agg(o) FROM orders o WHERE run_id = $1)::text || (SELECT json_agg(j) FROM run_journal j WHERE run_id = $1)::text AS all',
      [runId],
    );
    expect(rows.rows[0].all).not.toMatch(/tok1|"111"/);
  });
});

describe('what belongs to another holder does not exist', () => {
  it('terminals, connections and runs of others are unknown, one by one', async () => {
    const { holder, terminal, connectionId } = await stage.cast();
    const runId = await stage.startRun(holder, connectionId);
    await stage.ended(holder, runId);
    const other = HolderId.generate();
    const asked = await Promise.all([
      stage.call(other, 'DELETE', `/v1/terminals/${terminal.terminalId}`),
      stage.call(other, 'POST', '/v1/connections', { connectorId: 'sample-bank', terminalId: terminal.terminalId, label: 'x' }),
      stage.call(other, 'DELETE', `/v1/connections/${connectionId}`),
      stage.call(other, 'POST', `/v1/connections/${connectionId}/runs`, {}),
      stage.call(other, 'GET', `/v1/runs/${runId}`),
      stage.call(other, 'GET', `/v1/runs/${runId}/events`, undefined, { headers: { accept: 'text/event-stream' } }),
    ]);
    expect(asked.map(({ status, body }) => `${status} ${body.code}`)).toEqual([
      '404 command-dispatcher.terminal_unknown',
      '404 command-dispatcher.terminal_unknown',
      '404 command-dispatcher.connection_unknown',
      '404 command-dispatcher.connection_unknown',
      '404 command-dispatcher.run_unknown',
      '404 command-dispatcher.run_unknown',
    ]);
    expect((await stage.call(other, 'GET', '/v1/connections')).body.connections).toEqual([]);
    expect((await stage.call(other, 'GET', '/v1/terminals')).body.terminals).toEqual([]);
  });
});

describe('erasing a connection', () => {
  it('ends its run as CONNECTION_ERASED, drops what came through it, and tells the parser', async () => {
    const { holder, terminal, connectionId } = await stage.cast();
    await stage.ended(holder, await stage.startRun(holder, connectionId));
    terminal.bank = { ...GOOD_BANK, login: () => null };
    const runId = await stage.startRun(holder, connectionId);
    await waitFor(() => terminal.executed.at(-1)?.request === 'login');
    expect((await stage.call(holder, 'DELETE', `/v1/connections/${connectionId}`)).status).toBe(204);
    expect((await stage.ended(holder, runId)).cause.code).toBe('CONNECTION_ERASED');
    const runsLeft = async () =>
      (await stage.sql.query('SELECT count(*)::int AS n FROM runs WHERE connection_id = $1', [connectionId])).rows[0].n;
    expect(await runsLeft()).toBe(1);
    await dispatcher.app.get(DriveRuns).tidy();
    expect(await runsLeft()).toBe(0);
    const left = await stage.sql.query(
      'SELECT (SELECT count(*) FROM orders WHERE run_id = $1)::int + (SELECT count(*) FROM run_journal WHERE run_id = $1)::int AS n',
      [runId],
    );
    expect(left.rows[0].n).toBe(0);
    const told = await stage.sql.query(
      "SELECT 1 FROM outbox WHERE subject = 'command-dispatcher.connection.erased.v1' AND payload->>'connectionId' = $1",
      [connectionId],
    );
    expect(told.rowCount).toBe(1);
    expect((await stage.call(holder, 'GET', '/v1/connections')).body.connections).toEqual([]);
  });
});

describe('a database that is away', () => {
  it('is told as busy, not as a fault, and named by /readyz', async () => {
    const away = await stage.startDispatcher({ DATABASE_URL: 'postgresql://command_dispatcher:x@127.0.0.1:1/none' });
    const asked = await stage.call(HolderId.generate(), 'GET', '/v1/terminals', undefined, { at: away.url });
    expect(asked).toMatchObject({ status: 503, body: { code: 'platform.not_available' } });
    const ready = await fetch(`${away.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.text()).toContain('postgres');
    await stage.stopDispatcher(away);
  });
});
