/** The real program when its disk takes nothing more. Real TLS on both sides. */
import { ConnectionId } from '@enishi/contracts';
import { createCa, issueCert } from '@enishi/infra';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { TestBank } from './bank.js';
import { TestPc } from './pc.js';
import { connectorFor, Platform } from './platform.js';
import { TestRelay } from './relay.js';

// Programs are started and killed here, on machines that do other things too.
jest.setTimeout(60_000);

const platform = new Platform();
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

/** A PC that is enrolled, has certificate and secrets, and is connected. */
async function readyPc() {
  const ca = await createCa({ commonName: 'Test platform CA' });
  const bank = await TestBank.start();
  stops.push(() => bank.stop());
  const relay = await TestRelay.start(platform, await issueCert(ca, { kind: 'server', commonName: 'localhost' }));
  stops.push(() => relay.stop());
  const pc = new TestPc();
  stops.push(() => pc.remove());
  expect(await pc.enrol(relay, ca.certPem)).toMatchObject({ code: 0, stderr: '' });
  const connectionId = ConnectionId.generate();
  const secrets = { userId: '12345678', password: 'abcd' };
  expect(await pc.connect(connectionId, bank.origin, await bank.userCertificate(), secrets)).toMatchObject({ code: 0, stderr: '' });
  pc.run();
  const session = await relay.session(0);
  const to = { terminalId: relay.terminalId, session, connector: connectorFor(bank.origin, bank.serverCa.certPem), connectionId };
  return { bank, relay, pc, session, to };
}

// prlimit(1) is of Linux.
if (process.platform === 'linux')
  describe('a full disk', () => {
    it('A2 A3 is the named cause of each order, at once; nothing is asked; and when there is room again all goes on', async () => {
      const { bank, relay, pc, session, to } = await readyPc();
      const outcomeOf = async (request: 'top' | 'login', of = to) => {
        const order = platform.order(of, request);
        await relay.send(of.session, order);
        return (await relay.openResult(await relay.next('result', ({ orderId }) => orderId === order.orderId))).result.outcome;
      };
      expect(await outcomeOf('top')).toMatchObject({ kind: 'response' });
      pc.fillDisk();
      for (const request of ['top', 'login'] as const)
        expect(await outcomeOf(request)).toEqual({ kind: 'failed', cause: 'PC_DISK_FULL', detail: 'EFBIG' });
      expect(bank.asked).toHaveLength(1);
      // The link does not end of it either: a new session is opened and served.
      session.socket.terminate();
      const again = await relay.session(1);
      expect(await outcomeOf('top', { ...to, session: again })).toMatchObject({ cause: 'PC_DISK_FULL' });
      pc.makeRoom();
      expect(await outcomeOf('login', { ...to, session: again })).toMatchObject({ kind: 'response' });
      expect(bank.asked.map(({ method }) => method)).toEqual(['GET', 'POST']);
      await pc.end('SIGTERM');
      expect(await pc.do(['log'])).toMatchObject({ code: 0 });
    });

    it('A3 between a login and its answer is OUTCOME_UNKNOWN: that it was answered is not said of what could not be kept', async () => {
      const { bank, relay, pc, session, to } = await readyPc();
      bank.answer = (_asked, response) => {
        pc.fillDisk();
        response.end('in');
      };
      const login = platform.order(to, 'login');
      await relay.send(session, login);
      const { result } = await relay.openResult(await relay.next('result'));
      expect(result).toMatchObject({
        outcome: { kind: 'failed', cause: 'OUTCOME_UNKNOWN', detail: 'sent, then PC_DISK_FULL: EFBIG' },
        bodyBytes: 0,
      });
      pc.makeRoom();
      await pc.end('SIGKILL');
      bank.answer = (_asked, response) => response.end('x');
      pc.run();
      const again = await relay.session(1);
      await relay.send(again, { ...login, sessionNonce: again.nonce, sequence: ++again.sequence });
      await relay.next('taken', ({ orderId }) => orderId === login.orderId);
      await relay.next('result', ({ orderId }) => orderId === login.orderId);
      expect(bank.asked.map(({ method }) => method)).toEqual(['POST']);
    });
  });
