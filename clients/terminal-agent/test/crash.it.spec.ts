/** The real program is killed where it hurts. Real TLS on both sides. */
import { ConnectionId } from '@enishi/contracts';
import { createCa, issueCert } from '@enishi/infra';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { TestBank } from './bank.js';
import { TestPc } from './pc.js';
import { connectorFor, Platform } from './platform.js';
import { TestRelay } from './relay.js';

// Programs are started and killed here, on machines that do other things too.
jest.setTimeout(60_000);

const platform = new Platform();
let bank: TestBank;
let relay: TestRelay;
const pcs: TestPc[] = [];

beforeAll(async () => {
  bank = await TestBank.start();
});
afterAll(async () => {
  for (const pc of pcs) await pc.remove();
  await relay?.stop();
  await bank?.stop();
});

/** A PC that is enrolled, has certificate and secrets, and is connected. */
async function readyPc() {
  await relay?.stop();
  const ca = await createCa({ commonName: 'Test platform CA' });
  relay = await TestRelay.start(platform, await issueCert(ca, { kind: 'server', commonName: 'localhost' }));
  const pc = new TestPc();
  pcs.push(pc);
  bank.asked.length = 0;
  bank.answer = (_asked, response) => response.end('<h1>ok</h1>');
  expect(await pc.enrol(relay, ca.certPem)).toMatchObject({ code: 0, stderr: '' });
  const connectionId = ConnectionId.generate();
  const secrets = { userId: '12345678', password: 'あいことば' };
  expect(await pc.connect(connectionId, bank.origin, await bank.userCertificate(), secrets)).toMatchObject({ code: 0, stderr: '' });
  pc.run();
  const session = await relay.session(0);
  const connector = connectorFor(bank.origin, bank.serverCa.certPem);
  return { pc, session, to: { terminalId: relay.terminalId, session, connector, connectionId } };
}

describe('kill -9 of the agent', () => {
  it('A3 between taking a login and having its answer: OUTCOME_UNKNOWN, and the bank saw one POST', async () => {
    const { pc, session, to } = await readyPc();
    bank.answer = () => undefined; // The bank thinks about it.
    const login = platform.order(to, 'login');
    const orderHash = await relay.send(session, login);
    await relay.next('taken', (frame) => frame.orderId === login.orderId);
    await bank.whenAsked(1);
    await pc.end('SIGKILL');
    bank.answer = (_asked, response) => response.end('logged in');
    pc.run();
    const { result } = await relay.openResult(await relay.next('result', (frame) => frame.orderId === login.orderId));
    expect(result).toMatchObject({ orderHash, outcome: { kind: 'failed', cause: 'OUTCOME_UNKNOWN' }, bodyBytes: 0 });
    // The platform asks for the very same order once more, in the new session.
    const again = await relay.session(1);
    await relay.send(again, { ...login, sessionNonce: again.nonce, sequence: ++again.sequence });
    await relay.next('taken', (frame) => frame.orderId === login.orderId);
    // A later order shows that the one before was dealt with.
    const top = platform.order({ ...to, session: again }, 'top');
    await relay.send(again, top);
    await relay.next('result', (frame) => frame.orderId === top.orderId);
    expect(bank.asked.map(({ method }) => method)).toEqual(['POST', 'GET']);
  });

  it('A3 between taking a read and having its answer: it is read again when it is ordered again', async () => {
    const { pc, session, to } = await readyPc();
    bank.answer = () => undefined;
    const top = platform.order(to, 'top');
    await relay.send(session, top);
    await relay.next('taken');
    await bank.whenAsked(1);
    await pc.end('SIGKILL');
    bank.answer = (_asked, response) => response.end('top page');
    pc.run();
    const again = await relay.session(1);
    await relay.send(again, { ...top, sessionNonce: again.nonce, sequence: ++again.sequence });
    const { result, body } = await relay.openResult(await relay.next('result', (frame) => frame.orderId === top.orderId));
    expect(result.outcome).toMatchObject({ kind: 'response', status: 200 });
    expect(body.toString()).toBe('top page');
  });

  it('A2 after the answer and before the platform has it: the same sealed result is sent again, the bank is not asked again', async () => {
    const { pc, session, to } = await readyPc();
    relay.onResult = () => undefined; // The relay dies with it.
    const login = platform.order(to, 'login');
    await relay.send(session, login);
    const first = await relay.next('result');
    await pc.end('SIGKILL');
    relay.onResult = (frame, socket) => socket.send(JSON.stringify({ frame: 'ack', orderId: frame.orderId }));
    pc.run();
    const second = await relay.next('result');
    expect(second).toEqual(first);
    expect(bank.asked).toHaveLength(1);
    // Also when the order itself comes again.
    const again = await relay.session(1);
    await relay.send(again, { ...login, sessionNonce: again.nonce, sequence: ++again.sequence });
    await relay.next('taken', (frame) => frame.orderId === login.orderId);
    expect(bank.asked).toHaveLength(1);
    await pc.end('SIGTERM');
    expect((await pc.do(['status'])).stdout).toContain(`connection   ${to.connectionId}: secrets userId, password; logins today: 1`);
    const log = await pc.do(['log']);
    expect(log.code).toBe(0);
    expect(log.stdout).toMatch(/POST localhost:\d+\/login answered 200, 11 bytes/);
    expect(log.stdout).toContain('the platform has the result');
    expect(log.stdout).not.toMatch(/12345678|あいことば/);
  });

  it('A3 while its session cookie is needed: the next order of the run still carries it', async () => {
    const { pc, session, to } = await readyPc();
    bank.answer = (_asked, response) => response.setHeader('set-cookie', 'SID=abc; Path=/; Secure; HttpOnly').end('in');
    const login = platform.order(to, 'login');
    await relay.send(session, login);
    await relay.next('result');
    await pc.end('SIGKILL');
    pc.run();
    const again = await relay.session(1);
    const rows = platform.order({ ...to, session: again, runId: login.runId }, 'rows');
    await relay.send(again, rows);
    await relay.next('result', (frame) => frame.orderId === rows.orderId);
    expect(bank.asked.at(-1)?.headers.cookie).toBe('SID=abc');
    const foreign = platform.order({ ...to, session: again }, 'rows');
    await relay.send(again, foreign);
    await relay.next('result', (frame) => frame.orderId === foreign.orderId);
    expect(bank.asked.at(-1)?.headers.cookie).toBeUndefined();
  });
});
