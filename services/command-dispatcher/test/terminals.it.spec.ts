/** Enrolment, sessions and revocation, with a relay that is not trusted (A9). */
import {
  closeSession,
  EnrolmentReceipt,
  enrolTerminal,
  getOrder,
  getPresence,
  HolderId,
  OrderId,
  openSession,
  RootStatement,
} from '@enishi/contracts';
import {
  agentHash,
  decodeHeader,
  ENROLMENT_TYP,
  generateSealingKey,
  generateSigningKey,
  randomToken,
  verifyCertified,
  verifyRoot,
} from '@enishi/crypto';
import { waitFor } from '@enishi/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { codeOf, GOOD_BANK, Stage, StandInTerminal } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open({ ENROLMENT_CODES_PER_HOLDER: '3', CONNECTIONS_PER_HOLDER: '2' });
  await stage.startDispatcher();
}, 60_000);
afterAll(async () => stage?.close(), 60_000);

async function freshCode(holder = HolderId.generate()): Promise<string> {
  return (await stage.call(holder, 'POST', '/v1/enrolment-codes', { label: 'PC' })).body.code;
}
const enrol = (request: Parameters<Stage['relay']['request']>[1]) => stage.relay.request(enrolTerminal, { request: request as never });
const secretOf = async (codeId: string) =>
  (await stage.sql.query('SELECT sealed_secret, wrong_macs, used_at FROM enrolment_codes WHERE code_id = $1', [codeId])).rows[0];

describe('enrolment', () => {
  it('A9 the receipt proves the dispatcher by the root of the code, and names the keys and the nonce of the PC', async () => {
    const terminal = new StandInTerminal(stage);
    const request = terminal.request(await freshCode());
    const { receipt } = await enrol(request);
    const root = verifyRoot(stage.platform.pki.root.statement, stage.platform.pki.rootThumbprint);
    expect(RootStatement.parse(root).development).toBe(true);
    const { payload } = verifyCertified(receipt, root, {
      use: 'order',
      typ: ENROLMENT_TYP,
      schema: EnrolmentReceipt,
      nowSeconds: Math.floor(Date.now() / 1000),
    });
    expect(decodeHeader(receipt).root).toBe(stage.platform.pki.root.statement);
    expect(payload).toMatchObject({ keys: request.keys, nonce: request.nonce });
  });

  it('A9 the secret is sealed at rest, and erased when it is used', async () => {
    const terminal = new StandInTerminal(stage);
    const code = await freshCode();
    const request = terminal.request(code);
    const before = await secretOf(request.codeId);
    expect(before.sealed_secret).not.toBeNull();
    expect(code).not.toContain(before.sealed_secret.toString('base64url'));
    await enrol(request);
    expect(await secretOf(request.codeId)).toMatchObject({ sealed_secret: null, used_at: expect.any(Date) });
  });

  it('A9 a code is good once; the very same request again gets its receipt again, and makes no second terminal', async () => {
    const holder = HolderId.generate();
    const terminal = new StandInTerminal(stage);
    const request = terminal.request(await freshCode(holder));
    const [first, second] = [await enrol(request), await enrol(request)];
    const idOf = (receipt: string) => JSON.parse(Buffer.from(receipt.split('.')[1] ?? '', 'base64url').toString()).terminalId;
    expect(idOf(second.receipt)).toBe(idOf(first.receipt));
    expect((await stage.call(holder, 'GET', '/v1/terminals')).body.terminals).toHaveLength(1);
    expect(await codeOf(enrol(new StandInTerminal(stage).request(await freshCode(), { codeId: request.codeId })))).toBe(
      'command-dispatcher.code_not_valid',
    );
  });

  it('A9 many tries with one code at once enrol one terminal', async () => {
    const holder = HolderId.generate();
    const code = await freshCode(holder);
    const codes = await Promise.all(Array.from({ length: 5 }, () => codeOf(enrol(new StandInTerminal(stage).request(code)))));
    expect(codes.toSorted()).toEqual([...Array.from({ length: 4 }, () => 'command-dispatcher.code_not_valid'), 'no error']);
    expect((await stage.call(holder, 'GET', '/v1/terminals')).body.terminals).toHaveLength(1);
  });

  it('A9 a code that has run out is not good, and its secret is not kept', async () => {
    const request = new StandInTerminal(stage).request(await freshCode());
    await stage.sql.query('UPDATE enrolment_codes SET expires_at = now() WHERE code_id = $1', [request.codeId]);
    expect(await codeOf(enrol(request))).toBe('command-dispatcher.code_not_valid');
  });

  it('a holder has only so many live codes', async () => {
    const holder = HolderId.generate();
    const answers = await Promise.all(Array.from({ length: 5 }, () => stage.call(holder, 'POST', '/v1/enrolment-codes', { label: 'PC' })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('command-dispatcher.too_many_codes');
  });
});

describe('what an agent says of itself', () => {
  const receiptOf = (receipt: string) => JSON.parse(Buffer.from(receipt.split('.')[1] ?? '', 'base64url').toString());

  it('A9 stands under the MAC (v2): the relay cannot change it, and the receipt says that it came as it was', async () => {
    const request = new StandInTerminal(stage).request2(await freshCode());
    const bent = { name: 'x', version: '9', platform: 'win32', hostname: 'other', capabilities: [] };
    for (const [field, value] of Object.entries(bent).slice(0, 4))
      expect(await codeOf(enrol({ ...request, agent: { ...request.agent, [field]: value } }))).toBe('command-dispatcher.mac_wrong');
    const { receipt } = await enrol(request);
    expect(receiptOf(receipt)).toMatchObject({ nonce: request.nonce, agentHash: agentHash(request.agent) });
    // Recorded, changed and sent again, it is another request.
    const again = { ...request, agent: { ...request.agent, capabilities: bent.capabilities } };
    expect(await codeOf(enrol(again))).toBe('command-dispatcher.code_not_valid');
    expect(receiptOf((await enrol(request)).receipt).terminalId).toBe(receiptOf(receipt).terminalId);
  });

  it('A9 a v2 request that the relay makes to look like v1 is refused, and the true one still enrols', async () => {
    const request = new StandInTerminal(stage).request2(await freshCode());
    const { v: _v, agent, ...rest } = request;
    const { version, platform, hostname } = agent;
    const downgraded = { ...rest, agent: { version, platform, hostname } };
    expect(await codeOf(enrol(downgraded))).toBe('command-dispatcher.mac_wrong');
    expect(await codeOf(enrol(request))).toBe('no error');
  });

  it('A9 of an agent of v1 is taken as it comes, in a receipt that such an agent can read', async () => {
    const { receipt } = await enrol(new StandInTerminal(stage).request(await freshCode()));
    expect(Object.keys(receiptOf(receipt)).toSorted()).toEqual(['iat', 'keys', 'nonce', 'terminalId']);
  });

  it('A9 must be vouched for where v1 is refused: agent_outdated by name, and the code stays good', async () => {
    const strict = await Stage.open({ ENROLMENT_V1: 'refused' });
    try {
      await strict.startDispatcher();
      const { code } = (await strict.call(HolderId.generate(), 'POST', '/v1/enrolment-codes', { label: 'PC' })).body;
      const ask = (request: object) => codeOf(strict.relay.request(enrolTerminal, { request: request as never }));
      const terminal = new StandInTerminal(strict);
      for (let tries = 0; tries < 6; tries++) expect(await ask(terminal.request(code))).toBe('command-dispatcher.agent_outdated');
      expect(await ask(terminal.request2(code))).toBe('no error');
    } finally {
      await strict.close();
    }
  });
});

describe('a key without a secret', () => {
  const weak = {
    sealing: { kty: 'OKP', crv: 'X25519', x: 'A'.repeat(43) },
    signing: { kty: 'OKP', crv: 'Ed25519', x: `AQ${'A'.repeat(41)}` },
  } as const;

  it.each(['sealing', 'signing'] as const)('A9 is not bound: %s of small order is key_weak, and the code stays good', async (use) => {
    const holder = HolderId.generate();
    const terminal = new StandInTerminal(stage);
    const code = await freshCode(holder);
    const good = terminal.request2(code);
    expect(await codeOf(enrol(terminal.request2(code, { ...good.keys, [use]: weak[use] })))).toBe('command-dispatcher.key_weak');
    expect((await stage.call(holder, 'GET', '/v1/terminals')).body.terminals).toEqual([]);
    expect(await codeOf(enrol(good))).toBe('no error');
  });
});

describe('a hostile relay', () => {
  it('A9 cannot put in a key of its own: mac_wrong, and the true PC can still enrol', async () => {
    const terminal = new StandInTerminal(stage);
    const request = terminal.request(await freshCode());
    const own = { signing: generateSigningKey().publicJwk, sealing: generateSealingKey().publicJwk };
    expect(await codeOf(enrol({ ...request, keys: { ...request.keys, signing: own.signing } }))).toBe('command-dispatcher.mac_wrong');
    expect(await codeOf(enrol({ ...request, keys: { ...request.keys, sealing: own.sealing } }))).toBe('command-dispatcher.mac_wrong');
    expect(await codeOf(enrol({ ...request, nonce: randomToken(32) }))).toBe('command-dispatcher.mac_wrong');
    expect(await codeOf(enrol(request))).toBe('no error');
  });

  it('A9 cannot enrol itself by guessing: the fifth wrong MAC burns the code', async () => {
    const terminal = new StandInTerminal(stage);
    const request = terminal.request(await freshCode());
    for (let i = 0; i < 5; i++) expect(await codeOf(enrol({ ...request, mac: randomToken(32) }))).toBe('command-dispatcher.mac_wrong');
    expect(await secretOf(request.codeId)).toMatchObject({ sealed_secret: null, wrong_macs: 5 });
    expect(await codeOf(enrol(request))).toBe('command-dispatcher.code_not_valid');
  });

  it('A9 cannot use a code that it has made up', async () => {
    expect(await codeOf(enrol(new StandInTerminal(stage).request(await freshCode(), { codeId: 'AAAAAAAAAAAAAAAA' })))).toBe(
      'command-dispatcher.code_not_valid',
    );
  });

  it('A9 cannot take over an enrolled terminal with the recorded enrolment and another key', async () => {
    const terminal = new StandInTerminal(stage);
    const request = terminal.request(await freshCode());
    await enrol(request);
    const own = { signing: generateSigningKey().publicJwk, sealing: generateSealingKey().publicJwk };
    expect(await codeOf(enrol({ ...request, keys: own }))).toBe('command-dispatcher.code_not_valid');
  });

  it('A9 cannot open a session with a recorded hello: neither for another challenge nor for the same', async () => {
    const { terminal } = await stage.cast();
    const challenge = randomToken(32);
    const proof = terminal.proof(challenge);
    await stage.relay.request(openSession, { proof, challenge });
    expect(await codeOf(stage.relay.request(openSession, { proof, challenge: randomToken(32) }))).toBe('command-dispatcher.proof_wrong');
    expect(await codeOf(stage.relay.request(openSession, { proof, challenge }))).toBe('command-dispatcher.proof_wrong');
  });

  it('A9 cannot open a session with a key of its own, or for a terminal that it has made up', async () => {
    const { terminal } = await stage.cast();
    const challenge = randomToken(32);
    const forged = terminal.proof(challenge, randomToken(32), generateSigningKey().privateJwk);
    expect(await codeOf(stage.relay.request(openSession, { proof: forged, challenge }))).toBe('command-dispatcher.proof_wrong');
    const stranger = new StandInTerminal(stage);
    stranger.terminalId = 'term_00000000000000000000000000' as never;
    expect(await codeOf(stage.relay.request(openSession, { proof: stranger.proof(challenge), challenge }))).toBe(
      'command-dispatcher.terminal_unknown',
    );
    expect(await codeOf(stage.relay.request(openSession, { proof: 'a.b.c', challenge }))).toBe('command-dispatcher.proof_wrong');
  });

  it('A7 is not among those who may ask what an order is', async () => {
    await expect(stage.relay.request(getOrder, { orderId: OrderId.generate() })).rejects.toThrow('not among the callers');
  });
});

describe('a session', () => {
  it('A9 a new one takes the place of the older, which is closed', async () => {
    const { terminal } = await stage.cast();
    await terminal.attach();
    expect(await waitFor(() => terminal.closedBecause)).toBe('replaced');
  });

  it('presence is told by the relay; without it, it cannot be told', async () => {
    const { holder, terminal } = await stage.cast();
    const list = async () => (await stage.call(holder, 'GET', '/v1/terminals')).body.terminals[0];
    expect(await list()).toMatchObject({ attached: null, lastSeenAt: null, hostname: 'pc', label: 'PC' });
    const seen = { terminalId: terminal.terminalId, attached: true, lastSeenAt: new Date().toISOString() };
    const subscription = stage.relay.subscribe(getPresence.subject, {
      queue: 'terminal-relay',
      callback: (_error, message) => stage.relay.answering.answer(getPresence, message, () => ({ terminals: [seen] })),
    });
    await stage.relay.nc.flush();
    expect(await list()).toMatchObject({ attached: true, lastSeenAt: seen.lastSeenAt });
    await stage.relay.unsubscribe(subscription);
  });
});

describe('revocation', () => {
  it('A9 takes effect at the answer: no hello, no order, no result; the run ends AGENT_REVOKED, the session is closed', async () => {
    const { holder, terminal, connectionId } = await stage.cast();
    terminal.bank = { ...GOOD_BANK, login: () => null };
    const runId = await stage.startRun(holder, connectionId);
    const login = await waitFor(() => terminal.executed.find(({ request }) => request === 'login'));
    const open = () => stage.parser.bus.request(getOrder, { orderId: login.orderId });
    expect((await open()).agentKey).toEqual(terminal.keys.signing.publicJwk);
    expect((await stage.call(holder, 'DELETE', `/v1/terminals/${terminal.terminalId}`)).status).toBe(204);
    expect(await codeOf(open())).toBe('command-dispatcher.order_closed');
    expect(terminal.closedBecause).toBe('revoked');
    const challenge = randomToken(32);
    expect(await codeOf(stage.relay.request(openSession, { proof: terminal.proof(challenge), challenge }))).toBe(
      'command-dispatcher.terminal_revoked',
    );
    expect((await stage.ended(holder, runId)).cause.code).toBe('AGENT_REVOKED');
    const delivered = terminal.delivered.length;
    const again = await stage.startRun(holder, connectionId);
    expect((await stage.ended(holder, again)).cause.code).toBe('AGENT_REVOKED');
    expect(terminal.delivered).toHaveLength(delivered);
    expect((await stage.call(holder, 'GET', '/v1/terminals')).body.terminals[0]).toMatchObject({
      attached: false,
      revokedAt: expect.any(String),
    });
    // Once more: it stays revoked since the first time.
    expect((await stage.call(holder, 'DELETE', `/v1/terminals/${terminal.terminalId}`)).status).toBe(204);
  });
});

describe('orders for the parser', () => {
  it('A4 an open order is told with all that its result must match, an unknown one is unknown, an answered one closed', async () => {
    const { holder, terminal, connectionId } = await stage.cast();
    const runId = await stage.startRun(holder, connectionId);
    await stage.ended(holder, runId);
    const [first] = terminal.executed;
    expect(await codeOf(stage.parser.bus.request(getOrder, { orderId: OrderId.generate() }))).toBe('command-dispatcher.order_unknown');
    expect(await codeOf(stage.parser.bus.request(getOrder, { orderId: first?.orderId ?? OrderId.generate() }))).toBe(
      'command-dispatcher.order_closed',
    );
    expect(closeSession.callers).toEqual(['command-dispatcher']);
  });
  it('A4 an answered order takes no second result while its run goes on; the order that is waited for is open', async () => {
    const { holder, terminal, connectionId } = await stage.cast();
    // The login is taken, and its answer does not come: the run waits.
    terminal.bank = { ...GOOD_BANK, login: () => null };
    const runId = await stage.startRun(holder, connectionId);
    const [answered, awaited] = await waitFor(() => terminal.executed.length === 2 && terminal.executed);
    const open = (orderId = OrderId.generate()) => stage.parser.bus.request(getOrder, { orderId });
    expect(await open(awaited?.orderId)).toMatchObject({ runId, request: 'login', connectionId, terminalId: terminal.terminalId });
    expect(await codeOf(open(answered?.orderId))).toBe('command-dispatcher.order_closed');
    expect((await stage.call(holder, 'GET', `/v1/runs/${runId}`)).body).toMatchObject({ cause: null, endedAt: null });
    await stage.call(holder, 'DELETE', `/v1/connections/${connectionId}`);
  });
});

describe('connections', () => {
  it('A8 a holder has several, to a limit that is told', async () => {
    const { holder, terminal } = await stage.cast();
    const connect = () =>
      stage.call(holder, 'POST', '/v1/connections', { connectorId: 'sample-bank', terminalId: terminal.terminalId, label: 'Second' });
    expect((await connect()).status).toBe(201);
    expect(await connect()).toMatchObject({ status: 409, body: { code: 'command-dispatcher.too_many_connections' } });
    expect((await stage.call(holder, 'GET', '/v1/connectors')).body.connectors).toMatchObject([{ connectorId: 'sample-bank', version: 3 }]);
  });
  it('to an unknown bank is refused with the place', async () => {
    const { holder, terminal } = await stage.cast();
    const body = { connectorId: 'no-bank', terminalId: terminal.terminalId, label: 'x' };
    expect(await stage.call(holder, 'POST', '/v1/connections', body)).toMatchObject({
      status: 404,
      body: { code: 'command-dispatcher.connector_unknown', place: 'body.connectorId' },
    });
  });
});
