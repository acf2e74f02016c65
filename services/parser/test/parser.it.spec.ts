/** The parser on real NATS and Postgres, through its contracts, with the example bank's own pages. */
import { writeFileSync } from 'node:fs';
import { getOrder, HolderId, type In, RunId } from '@enishi/contracts';
import { generateSealingKey, generateSigningKey, sha256 } from '@enishi/crypto';
import { waitFor } from '@enishi/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Agent, codeOf, FILE, HTML, Run, Stage, sample } from './stage.js';
import { zenginFile } from './zengin-file.js';

interface Truth {
  accounts: {
    key: string;
    number: string;
    type: string;
    branch: { code: string; name: string };
    opening: string;
    balance: string;
    transactions: { date: string; amount: string }[];
  }[];
}
const truth = JSON.parse(sample('truth.json').toString()) as Truth;
const ENTRIES = truth.accounts.reduce((sum, account) => sum + account.transactions.length, 0);

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
  await stage.startParser({ SWEEP_INTERVAL_MS: '50' });
}, 60_000);
afterAll(async () => stage?.close(), 60_000);

describe('a result is accepted', () => {
  it('A4 when it is the answer to an open order: the page is read, and its facts are told once', async () => {
    const run = new Run();
    const order = await stage.answer(run, 'loginForm', sample('login.html'), HTML);
    const [told, ...more] = await waitFor(async () => {
      const facts = await stage.told(order.orderId);
      return facts.length > 0 && facts;
    });
    expect(more).toEqual([]);
    expect(told).toEqual({
      orderId: order.orderId,
      runId: run.runId,
      page: 'login',
      verdict: 'not_a_statement',
      facts: { csrf: 'c2FtcGxlLWNzcmYtdG9rZW4tMDE' },
      lists: {},
      cause: null,
      detail: null,
      fingerprint: sha256(sample('login.html')),
      rows: 0,
      credentialVersion: 'c1',
    });
    await waitFor(async () => (await stage.count('outbox', "payload->>'orderId' = $1 AND published_at IS NOT NULL", order.orderId)) === 1);
  });

  it('A5 once: the same result again, also after the order was closed, is answered and changes nothing', async () => {
    const run = new Run();
    const order = stage.order(run, 'accounts');
    const jwe = await stage.sealed(order, run, sample('accounts.html'), { headers: { 'content-type': HTML } });
    await Promise.all([stage.accept(order, jwe), stage.accept(order, jwe), stage.accept(order, jwe)]);
    stage.closed.add(order.orderId);
    expect(await stage.accept(order, jwe)).toEqual({ stored: true });
    expect(await stage.told(order.orderId)).toHaveLength(1);
    expect(await stage.count('received_pages', 'order_id = $1', order.orderId)).toBe(1);
  });

  it('A4 nothing of an account crosses to the dispatcher but what the connector names', async () => {
    const order = await stage.answer(new Run(), 'accounts', sample('accounts.html'), HTML);
    const [told] = await stage.told(order.orderId);
    expect(JSON.stringify(told)).not.toMatch(/1234567|958|佐藤/);
    expect(told?.lists.accounts).toHaveLength(4);
  });

  it('A2 the page is kept as it was sealed, byte for byte, and not in the clear', async () => {
    const run = new Run();
    const order = stage.order(run, 'accounts');
    const jwe = await stage.sealed(order, run, sample('accounts-changed.html'), { headers: { 'content-type': HTML } });
    await stage.accept(order, jwe);
    const { rows } = await stage.sql.query('SELECT * FROM received_pages WHERE order_id = $1', [order.orderId]);
    expect(rows[0]).toMatchObject({ sealed: jwe, page: null, cause: 'UNKNOWN_PAGE', staged: null });
    expect(JSON.stringify({ ...rows[0], sealed: '' })).not.toContain('ご契約口座');
  });

  it('A4 what the agent could not ask is told with its cause', async () => {
    const run = new Run();
    const order = stage.order(run, 'loginSubmit');
    const outcome = { kind: 'failed' as const, cause: 'CERT_EXPIRED' as const, detail: 'certificate: not valid any more' };
    await stage.accept(order, await stage.sealed(order, run, new Uint8Array(), { change: { outcome } }));
    expect(await stage.told(order.orderId)).toMatchObject([
      { page: null, verdict: 'unknown', cause: 'CERT_EXPIRED', detail: outcome.detail },
    ]);
  });
});

describe('the key of results', () => {
  it('is taken up from its file without a restart; what was sealed to the one before is still opened, to one before that not', async () => {
    const { pki } = stage.platform;
    const first = pki.result.privateJwk;
    const [second, third] = [generateSealingKey().privateJwk, generateSealingKey().privateJwk];
    const accepts = async (key: typeof first) => {
      pki.result.privateJwk = key;
      const run = new Run();
      const order = stage.order(run, 'loginForm');
      return codeOf(stage.accept(order, await stage.sealed(order, run, sample('login.html'), { headers: { 'content-type': HTML } })));
    };
    try {
      expect(await accepts(second)).toBe('parser.result_refused');
      // Half of it changes nothing, for longer than it takes to look twice.
      writeFileSync(pki.resultKeyFile, '{"kty":');
      for (const until = performance.now() + 2_500; performance.now() < until; ) expect(await accepts(first)).toBe('no error');
      for (const [key, before] of [
        [second, first],
        [third, second],
      ] as const) {
        writeFileSync(pki.resultKeyFile, JSON.stringify(key));
        await waitFor(async () => (await accepts(key)) === 'no error', { what: 'the new key to be taken up' });
        expect(await accepts(before)).toBe('no error');
      }
      expect(await accepts(first)).toBe('parser.result_refused');
    } finally {
      writeFileSync(pki.resultKeyFile, JSON.stringify(first));
      await waitFor(async () => (await accepts(first)) === 'no error', { what: 'the first key again' });
    }
  });
});

describe('a result is refused', () => {
  const page = () => sample('login.html');
  const refusedWhen = async (
    make: (run: Run, order: In<typeof getOrder> & ReturnType<Stage['order']>) => Promise<string>,
    from?: Agent,
  ) => {
    const run = new Run();
    const order = stage.order(run, 'loginForm');
    const code = await codeOf(stage.accept(order, await make(run, order), from?.terminalId ?? order.terminalId));
    expect(await stage.count('received_pages', 'order_id = $1', order.orderId)).toBe(0);
    expect(await stage.told(order.orderId)).toEqual([]);
    return code;
  };
  it.each([
    ['signed by another agent', (run: Run, order: never) => stage.sealed(order, run, page(), { key: generateSigningKey().privateJwk })],
    [
      'for another order',
      (run: Run, order: never) => stage.sealed(order, run, page(), { change: { orderId: stage.order(run, 'accounts').orderId } }),
    ],
    ['of another run', (run: Run, order: never) => stage.sealed(order, run, page(), { change: { runId: RunId.generate() } })],
    [
      'of another terminal',
      (run: Run, order: never) => stage.sealed(order, run, page(), { change: { terminalId: new Agent().terminalId } }),
    ],
    [
      'with an order hash that was never issued',
      (run: Run, order: never) => stage.sealed(order, run, page(), { change: { orderHash: sha256('x') } }),
    ],
    ['by another connector', (run: Run, order: never) => stage.sealed(order, run, page(), { change: { connectorHash: sha256('x') } })],
    ['with another body than was signed', (run: Run, order: never) => stage.sealed(order, run, page(), { sent: sample('rejected.html') })],
    ['that is not sealed at all', async () => 'aaaa..bbbb.cccc.dddd'],
  ])('A3 %s', async (_what, make) => {
    expect(await refusedWhen(make as never)).toBe('parser.result_refused');
  });
  it('A3 with one flipped bit of the seal', async () => {
    const flipped = async (run: Run, order: never) => {
      const jwe = await stage.sealed(order, run, page());
      const [header, , iv, text = '', tag] = jwe.split('.');
      return [header, '', iv, (text.startsWith('A') ? 'B' : 'A') + text.slice(1), tag].join('.');
    };
    expect(await refusedWhen(flipped as never)).toBe('parser.result_refused');
  });
  it('A3 when another terminal brings it', async () => {
    expect(await refusedWhen(((run: Run, order: never) => stage.sealed(order, run, page())) as never, new Agent())).toBe(
      'parser.result_refused',
    );
  });
  it('A4 when its order is closed or was never issued', async () => {
    const run = new Run();
    const order = stage.order(run, 'loginForm');
    const jwe = await stage.sealed(order, run, page());
    stage.closed.add(order.orderId);
    expect(await codeOf(stage.accept(order, jwe))).toBe('parser.order_not_open');
    stage.orders.delete(order.orderId);
    expect(await codeOf(stage.accept(order, jwe))).toBe('parser.order_not_open');
  });
  it('A4 for now, when the connector of the order is not here: the terminal shall come again', async () => {
    const run = new Run();
    const order = { ...stage.order(run, 'loginForm'), connectorHash: sha256('a connector to come') };
    stage.orders.set(order.orderId, order);
    expect(await codeOf(stage.accept(order, await stage.sealed(order, run, page())))).toBe('platform.not_available');
  });
});

describe('A5 a finished run is committed', () => {
  it('whole, in one answer: every account equals the ledger of the bank, and adds up', async () => {
    const run = new Run();
    await stage.answerAll(run);
    const { accounts } = await stage.commit(run);
    expect(accounts.map((a) => [a.read, a.added, a.reconciliation.state])).toEqual([
      [293, 293, 'reconciled'],
      [177, 177, 'reconciled'],
      [144, 144, 'reconciled'],
      [0, 0, 'unknown'],
    ]);
    await stage.allow(run, 'phone');
    const { body } = await stage.call(run.holderId, 'GET', '/v1/accounts');
    for (const account of truth.accounts) {
      const shown = body.accounts.find((a: { number: string }) => a.number === account.number);
      expect(shown).toMatchObject({
        institution: { code: '0999' },
        branch: account.branch,
        type: account.type,
        currency: 'JPY',
        balance: { amount: account.balance, asOf: '2026-11-20' },
      });
      const entries = await stage.entriesOf(run, shown.accountId);
      expect(entries.map((e) => `${e.date} ${e.amount}`).toSorted()).toEqual(
        account.transactions.map((e) => `${e.date} ${e.amount}`).toSorted(),
      );
      const sum = entries.reduce((total, e) => total + BigInt(e.amount), BigInt(account.opening));
      expect(String(sum)).toBe(account.balance);
    }
    expect(await stage.count('received_pages', 'run_id = $1 AND staged IS NOT NULL', run.runId)).toBe(0);
  });

  it('asked again, also at the same time, it is answered the same and stored once', async () => {
    const run = new Run();
    await stage.answerAll(run);
    const answers = await Promise.all([stage.commit(run), stage.commit(run)]);
    expect(answers[1]).toEqual(answers[0]);
    expect(await stage.commit(run)).toEqual(answers[0]);
    expect(await stage.count('accounts', 'holder_id = $1', run.holderId)).toBe(4);
  });

  it('adds nothing twice: a second run, another connection and another terminal of the holder', async () => {
    const first = new Run();
    await stage.answerAll(first);
    await stage.commit(first);
    const others = [first.again(), new Run(first.holderId)];
    await Promise.all(others.map((run) => stage.answerAll(run)));
    const answers = await Promise.all(others.map((run) => stage.commit(run)));
    expect(answers.flatMap((a) => a.accounts.map((one) => one.added))).toEqual(Array(8).fill(0));
    expect(await stage.count('accounts', 'holder_id = $1', first.holderId)).toBe(4);
    expect(await stage.count('transactions', 'account_id IN (SELECT account_id FROM accounts WHERE holder_id = $1)', first.holderId)).toBe(
      ENTRIES,
    );
  });

  it('two first runs at once make one account of each, not two', async () => {
    const one = new Run();
    const two = new Run(one.holderId);
    await Promise.all([stage.answerAll(one), stage.answerAll(two)]);
    const [a, b] = await Promise.all([stage.commit(one), stage.commit(two)]);
    expect(a.accounts.map((x) => x.accountId)).toEqual(b.accounts.map((x) => x.accountId));
    expect(await stage.count('transactions', 'account_id IN (SELECT account_id FROM accounts WHERE holder_id = $1)', one.holderId)).toBe(
      ENTRIES,
    );
  });

  it('also when it is as large as an answer may be: ten thousand entries with twins, twice', async () => {
    const first = new Run();
    const entries = Array.from({ length: 10_000 }, (_, i) => ({
      date: `08${String(1 + (i % 9)).padStart(2, '0')}${String(1 + (i % 28)).padStart(2, '0')}`,
      amount: BigInt((i % 50) + 1),
      text: `X${i % 7}`,
    }));
    const file = zenginFile([{ opening: 0n, entries }]);
    for (const [run, added] of [
      [first, 10_000],
      [first.again(), 0],
    ] as const) {
      await stage.answer(run, 'accounts', sample('accounts.html'), HTML);
      await stage.answer(run, 'zengin', file, FILE, { account: 'C7B350C20EEC' });
      const { accounts } = await stage.commit(run);
      expect(accounts[0]).toMatchObject({ read: 10_000, added, reconciliation: { state: 'reconciled' } });
    }
  }, 40_000);

  it('not when a page of a history is missing: nothing is stored, and what is missing is said', async () => {
    const run = new Run();
    await stage.answer(run, 'accounts', sample('accounts.html'), HTML);
    for (const page of [1, 2, 4, 5, 6, 7, 8])
      await stage.answer(run, 'history', sample(`history-${page}.html`), HTML, { account: 'D30551082FB6' });
    await expect(stage.commit(run)).rejects.toMatchObject({
      code: 'parser.run_incomplete',
      message: expect.stringContaining('page 3 of 8 is missing'),
    });
    expect(await stage.count('accounts', 'holder_id = $1', run.holderId)).toBe(0);
  });

  it('not when a file is of another account than was asked', async () => {
    const run = new Run();
    await stage.answer(run, 'accounts', sample('accounts.html'), HTML);
    await stage.answer(run, 'zengin', sample('ordinary.zengin'), FILE, { account: '9E1BC8AFCE40' });
    expect(await codeOf(stage.commit(run))).toBe('parser.run_incomplete');
  });

  it('not when nothing is known of it, or it is of another holder', async () => {
    expect(await codeOf(stage.commit(new Run()))).toBe('parser.run_unknown');
    const run = new Run();
    await stage.answer(run, 'accounts', sample('accounts.html'), HTML);
    expect(await codeOf(stage.commit(Object.assign(run.again(), { runId: run.runId, holderId: HolderId.generate() })))).toBe(
      'parser.run_unknown',
    );
  });

  it('an unfinished run leaves nothing', async () => {
    const run = new Run();
    await stage.answerAll(run);
    await stage.endRun(run, 'failed');
    await waitFor(async () => (await stage.count('received_pages', 'run_id = $1 AND staged IS NOT NULL', run.runId)) === 0);
    expect(await stage.count('accounts', 'holder_id = $1', run.holderId)).toBe(0);
    expect(await codeOf(stage.commit(run))).toBe('parser.run_incomplete');
  });
});

describe('an erased connection', () => {
  it('takes along what came through it alone, and leaves what came through another too', async () => {
    const one = new Run();
    await stage.answerAll(one);
    const { accounts } = await stage.commit(one);
    const two = new Run(one.holderId);
    await stage.answer(two, 'accounts', sample('accounts.html'), HTML);
    await stage.answer(two, 'zengin', sample('ordinary.zengin'), FILE, { account: 'C7B350C20EEC' });
    await stage.commit(two);
    await stage.allow(one, 'part', [accounts[0]?.accountId as string]);
    await stage.erase(one);
    await waitFor(async () => (await stage.count('received_pages', 'connection_id = $1', one.connectionId)) === 0);
    const left = 'account_id IN (SELECT account_id FROM accounts WHERE holder_id = $1)';
    expect(await stage.count('transactions', left, one.holderId)).toBe(293);
    await stage.erase(two);
    await waitFor(async () => (await stage.count('accounts', 'holder_id = $1', one.holderId)) === 0);
    expect(await stage.count('transactions', left, one.holderId)).toBe(0);
    expect(await stage.call(one.holderId, 'GET', '/v1/accounts', { client: 'part' })).toMatchObject({ status: 403 });
  });
  it('takes nothing of another connection along that commits at the same moment', async () => {
    for (let round = 0; round < 4; round++) {
      const one = new Run();
      await stage.answerAll(one);
      await stage.commit(one);
      const two = new Run(one.holderId);
      await stage.answerAll(two);
      await Promise.all([stage.erase(one), stage.commit(two)]);
      await waitFor(async () => (await stage.count('received_pages', 'connection_id = $1', one.connectionId)) === 0);
      const mine = 'account_id IN (SELECT account_id FROM accounts WHERE holder_id = $1)';
      expect(await stage.count('accounts', 'holder_id = $1', one.holderId)).toBe(4);
      expect(await stage.count('transactions', mine, one.holderId)).toBe(ENTRIES);
      expect(await stage.count('transaction_sources', 'connection_id = $1', two.connectionId)).toBe(ENTRIES);
    }
  }, 40_000);
  it('leaves no answer behind that arrives at the same moment', async () => {
    const run = new Run();
    const orders = Array.from({ length: 8 }, () => stage.order(run, 'accounts'));
    const sealed = await Promise.all(
      orders.map((order) => stage.sealed(order, run, sample('accounts.html'), { headers: { 'content-type': HTML } })),
    );
    const codes = orders.map((order, i) => codeOf(stage.accept(order, sealed[i] as string)));
    await stage.erase(run);
    expect((await Promise.all(codes)).every((code) => ['no error', 'parser.order_not_open'].includes(code))).toBe(true);
    await waitFor(async () => (await stage.count('erased_connections', 'connection_id = $1', run.connectionId)) === 1);
    expect(await stage.count('received_pages', 'connection_id = $1', run.connectionId)).toBe(0);
  });
  it('does not come back by a late result or a late commit', async () => {
    const run = new Run();
    await stage.answerAll(run);
    await stage.erase(run);
    await waitFor(async () => (await stage.count('erased_connections', 'connection_id = $1', run.connectionId)) === 1);
    const order = stage.order(run, 'accounts');
    expect(await codeOf(stage.accept(order, await stage.sealed(order, run, sample('accounts.html'))))).toBe('parser.order_not_open');
    expect(await codeOf(stage.commit(run))).toBe('parser.run_unknown');
  });
});

describe('sealed pages', () => {
  it('are deleted when their stated life is over', async () => {
    const order = await stage.answer(new Run(), 'accounts', sample('accounts.html'), HTML);
    const days = "expires_at BETWEEN now() + interval '7 days' - interval '1 minute' AND now() + interval '7 days'";
    expect(await stage.count('received_pages', `order_id = $1 AND ${days}`, order.orderId)).toBe(1);
    await stage.sql.query("UPDATE received_pages SET expires_at = now() - interval '1 second' WHERE order_id = $1", [order.orderId]);
    await waitFor(async () => (await stage.count('received_pages', 'order_id = $1', order.orderId)) === 0);
  });
});
