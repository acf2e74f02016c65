/** Who may see what, at the HTTP doors of the parser. */
import { waitFor } from '@enishi/testing';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { events } from '../src/events.js';
import { Run, Stage } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
  await stage.startParser();
}, 60_000);
afterAll(async () => stage?.close(), 60_000);

describe('A6 a second terminal sees', () => {
  let run: Run;
  let ids: string[];
  beforeAll(async () => {
    run = new Run();
    await stage.answerAll(run);
    ids = (await stage.commit(run)).accounts.map((account) => account.accountId);
  }, 60_000);
  const list = (client: string) => stage.call(run.holderId, 'GET', '/v1/accounts', { client });

  it('nothing until the holder has decided', async () => {
    expect(await list('phone')).toMatchObject({ status: 403, body: { code: 'parser.access_not_granted' } });
    expect(await stage.call(run.holderId, 'GET', `/v1/accounts/${ids[0]}/transactions`)).toMatchObject({ status: 403 });
  });
  it('all', async () => {
    expect(await stage.allow(run, 'phone')).toMatchObject({ status: 200, body: { clientId: 'phone', accounts: 'all', since: null } });
    expect((await list('phone')).body.accounts).toHaveLength(4);
  });
  it('a part: some accounts, and not further back than a day', async () => {
    await stage.allow(run, 'watch', [ids[1] as string], '2026-11-01');
    expect((await list('watch')).body.accounts.map((a: { accountId: string }) => a.accountId)).toEqual([ids[1]]);
    const entries = await stage.entriesOf(run, ids[1] as string, 'watch');
    expect(entries.length).toBeGreaterThan(0);
    expect(entries.every((e) => e.date >= '2026-11-01')).toBe(true);
    expect(await stage.entriesOf(run, ids[1] as string, 'watch', '&from=2026-01-01')).toEqual(entries);
    const other = await stage.call(run.holderId, 'GET', `/v1/accounts/${ids[0]}/transactions`, { client: 'watch' });
    expect(other).toMatchObject({ status: 404, body: { code: 'parser.account_unknown' } });
  });
  it('less or more with the next word of the holder, and no list stays behind where all is let', async () => {
    await stage.allow(run, 'tablet', [ids[1] as string, ids[1] as string], '2026-11-01');
    expect(await stage.count('access', "client_id = 'tablet' AND account_ids = $1", [ids[1]])).toBe(1);
    expect((await stage.allow(run, 'tablet')).body).toEqual({ clientId: 'tablet', accounts: 'all', since: null });
    expect((await list('tablet')).body.accounts).toHaveLength(4);
    expect(await stage.count('access', "client_id = 'tablet' AND everything AND account_ids = '{}' AND since IS NULL")).toBe(1);
    await stage.allow(run, 'tablet', []);
    expect(await list('tablet')).toMatchObject({ status: 403, body: { code: 'parser.access_not_granted' } });
    expect((await stage.call(run.holderId, 'DELETE', '/v1/access/tablet')).status).toBe(204);
  });
  it('what each change says in the log of the parser', async () => {
    const said = jest.spyOn(events, 'accessChanged');
    await stage.allow(run, 'tablet');
    await stage.allow(run, 'tablet', [ids[1] as string]);
    await stage.allow(run, 'tablet', []);
    await stage.call(run.holderId, 'DELETE', '/v1/access/tablet');
    const whose = { holderId: run.holderId, clientId: 'tablet' };
    expect(said.mock.calls).toEqual([
      [whose, 'everything'],
      [whose, 'part'],
      [whose, 'nothing'],
      [whose, 'nothing'],
    ]);
    said.mockRestore();
  });
  it('and so does the first terminal, under its own id', async () => {
    const client = run.agent.terminalId;
    expect((await list(client)).status).toBe(403);
    await stage.allow(run, client);
    expect((await list(client)).body.accounts).toHaveLength(4);
  });
  it('nothing from the moment that the holder takes it back', async () => {
    await stage.allow(run, 'lost-phone');
    expect((await list('lost-phone')).status).toBe(200);
    expect((await stage.call(run.holderId, 'DELETE', '/v1/access/lost-phone')).status).toBe(204);
    expect((await list('lost-phone')).status).toBe(403);
    expect(await stage.call(run.holderId, 'DELETE', '/v1/access/lost-phone')).toMatchObject({
      status: 404,
      body: { code: 'parser.access_unknown' },
    });
  });
  it('never what belongs to another holder', async () => {
    const stranger = new Run();
    await stage.allow(stranger, 'phone');
    expect((await stage.call(stranger.holderId, 'GET', '/v1/accounts')).body).toEqual({ accounts: [], totals: [] });
    expect(await stage.call(stranger.holderId, 'GET', `/v1/accounts/${ids[0]}/transactions`)).toMatchObject({ status: 404 });
    expect(await stage.allow(stranger, 'phone', [ids[0] as string])).toMatchObject({
      status: 404,
      body: { code: 'parser.account_unknown', place: 'body.accounts' },
    });
  });
  it('nothing, and nothing is listed, of an account that is gone', async () => {
    const leaving = new Run();
    await stage.answerAll(leaving);
    const [gone] = (await stage.commit(leaving)).accounts;
    await stage.allow(leaving, 'phone', [gone?.accountId as string]);
    await stage.erase(leaving);
    await waitFor(async () => (await stage.count('access', "holder_id = $1 AND account_ids = '{}'", leaving.holderId)) === 1);
    expect((await stage.call(leaving.holderId, 'GET', '/v1/access')).body.access).toEqual([
      { clientId: 'phone', accounts: [], since: null },
    ]);
  });
  it('only with the scope for it', async () => {
    const read = { client: 'phone', scope: 'accounts:read' };
    expect(await stage.call(run.holderId, 'GET', '/v1/access', read)).toMatchObject({
      status: 403,
      body: { code: 'platform.scope_missing' },
    });
    expect(await stage.call(run.holderId, 'PUT', '/v1/access/phone', { ...read, body: { accounts: 'all', since: null } })).toMatchObject({
      status: 403,
    });
    expect(await stage.call(run.holderId, 'GET', '/v1/accounts', { scope: 'access:manage' })).toMatchObject({ status: 403 });
  });
  it('page after page, each entry once, newest first', async () => {
    await stage.allow(run, 'phone');
    const whole = await stage.entriesOf(run, ids[0] as string);
    const paged: typeof whole = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const path: string = `/v1/accounts/${ids[0]}/transactions?limit=37${cursor && `&cursor=${cursor}`}`;
      const { body } = await stage.call(run.holderId, 'GET', path);
      paged.push(...body.transactions);
      cursor = body.nextCursor;
    }
    expect(paged).toEqual(whole);
    expect(whole.map((e) => e.date)).toEqual(
      whole
        .map((e) => e.date)
        .toSorted()
        .toReversed(),
    );
    expect(new Set(paged.map((e) => e.transactionId)).size).toBe(293);
  });
  it.each(['garbage', Buffer.from('v1.2026-13-45.7').toString('base64url'), Buffer.from("v1.2026-01-01.1'--").toString('base64url')])(
    'no page for the cursor %s',
    async (cursor) => {
      const answer = await stage.call(run.holderId, 'GET', `/v1/accounts/${ids[0]}/transactions?cursor=${cursor}`);
      expect(answer).toMatchObject({ status: 400, body: { code: 'parser.cursor_not_valid' } });
    },
  );
  it.each(['limit=0', 'limit=501', 'from=2026-02-30', 'limit=abc', 'unknown=1'])('no page for %s', async (query) => {
    const answer = await stage.call(run.holderId, 'GET', `/v1/accounts/${ids[0]}/transactions?${query}`);
    expect(answer).toMatchObject({ status: 400, body: { code: 'platform.input_not_valid' } });
  });
  it('what the holder lists as allowed', async () => {
    const { body } = await stage.call(run.holderId, 'GET', '/v1/access');
    expect(body.access.map((a: { clientId: string }) => a.clientId)).toEqual(['phone', run.agent.terminalId, 'watch'].toSorted());
    expect(body.access).toContainEqual({ clientId: 'phone', accounts: 'all', since: null });
    expect(body.access).toContainEqual({ clientId: 'watch', accounts: [ids[1]], since: '2026-11-01' });
  });
  it('up to a limit of clients', async () => {
    const holder = new Run();
    for (let i = 0; i < 50; i++) expect((await stage.allow(holder, `client-${i}`)).status).toBe(200);
    expect(await stage.allow(holder, 'one-more')).toMatchObject({ status: 409, body: { code: 'parser.too_many_clients' } });
    expect((await stage.allow(holder, 'client-7')).status).toBe(200);
  }, 20_000);
});
