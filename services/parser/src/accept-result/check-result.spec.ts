import { ConnectionId, HolderId, OrderId, type Result, RunId, TerminalId } from '@enishi/contracts';
import { generateSealingKey, generateSigningKey, packResult, RESULT_TYP, seal, sha256, sign } from '@enishi/crypto';
import { describe, expect, it } from '@jest/globals';
import { checkResult, NotTheAnswer, type OpenOrder } from './check-result.js';

const agent = generateSigningKey();
const keys = [generateSealingKey(), generateSealingKey(), generateSealingKey()] as const;
const privateKeys = keys.map(({ privateJwk }) => privateJwk);
const body = Buffer.from('残高 1,234');
const order: OpenOrder = {
  orderId: OrderId.generate(),
  runId: RunId.generate(),
  connectionId: ConnectionId.generate(),
  holderId: HolderId.generate(),
  terminalId: TerminalId.generate(),
  step: 1,
  request: 'top',
  params: {},
  period: { from: '2026-04-01', to: '2026-04-30' },
  agentKey: agent.publicJwk,
  orderHashes: [sha256('issued once'), sha256('issued again')],
  connectorId: 'test-bank',
  connectorVersion: 1,
  connectorHash: sha256('connector'),
};
const answer: Result = {
  orderId: order.orderId,
  runId: order.runId,
  terminalId: order.terminalId,
  orderHash: sha256('issued again'),
  connectorHash: order.connectorHash,
  bodyHash: sha256(body),
  bodyBytes: body.length,
  outcome: { kind: 'failed', cause: 'AGENT_POLICY_REFUSED', detail: '' },
  credentialVersion: null,
};

const sealed = (change: Partial<Result> = {}, { key = keys[0].publicJwk, signer = agent, typ = RESULT_TYP, bytes = body } = {}) =>
  seal(packResult(sign({ ...answer, ...change }, signer.privateJwk, { typ }), bytes), key);
const check = async (jwe: string | Promise<string>, by = order.terminalId, opened = privateKeys) =>
  checkResult(order, by, await jwe, opened);
const refused = (why: string) => expect.objectContaining({ constructor: NotTheAnswer, why, message: why });

describe('A4 the answer to an order', () => {
  it.each([0, 1, 2])('is taken, by whichever of the keys it is sealed to (%s)', async (index) => {
    const key = keys[index as 0 | 1 | 2].publicJwk;
    await expect(check(sealed({}, { key }))).resolves.toEqual({ result: answer, body });
  });

  it('may be to any time that the order was issued', async () => {
    await expect(check(sealed({ orderHash: sha256('issued once') }))).resolves.toMatchObject({ body });
  });

  it.each<[string, Partial<Result>, string]>([
    ['another order', { orderId: OrderId.generate() }, 'other_order'],
    ['another run', { runId: RunId.generate() }, 'other_order'],
    ['another terminal, signed so', { terminalId: TerminalId.generate() }, 'other_terminal'],
    ['an order that was written otherwise', { orderHash: sha256('forged') }, 'order_hash_wrong'],
    ['another connector', { connectorHash: sha256('other') }, 'connector_hash_wrong'],
    ['a body of another length', { bodyBytes: body.length + 1 }, 'body_hash_wrong'],
    ['another body of the same length', { bodyHash: sha256('x'.repeat(body.length)) }, 'body_hash_wrong'],
  ])('is not one to %s', async (_what, change, why) => {
    await expect(check(sealed(change))).rejects.toEqual(refused(why));
  });

  it('is not one that another terminal brought: it is not even opened', async () => {
    await expect(check('not even sealed', TerminalId.generate())).rejects.toEqual(refused('other_terminal'));
  });

  it('is signed by the key of the terminal, as a result', async () => {
    await expect(check(sealed({}, { signer: generateSigningKey() }))).rejects.toEqual(refused('signature_wrong'));
    await expect(check(sealed({}, { typ: 'enishi-order+jwt' }))).rejects.toEqual(refused('typ_wrong'));
  });

  it('is sealed to a key of ours, and says no more than that it cannot be opened', async () => {
    await expect(check(sealed({}, { key: generateSealingKey().publicJwk }))).rejects.toEqual(refused('cannot_open'));
    await expect(check('x')).rejects.toEqual(refused('malformed'));
  });

  it('is not blamed for a fault of ours', async () => {
    await expect(check(sealed(), order.terminalId, [])).rejects.toThrow(TypeError);
  });
});
