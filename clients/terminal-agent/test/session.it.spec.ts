/** The link to the relay: enrolment, liveness, renewal, and what ends it. Real TLS and WebSocket. */
import { createPrivateKey } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConnectionId, type RelayFrame } from '@enishi/contracts';
import { ENROLMENT_TYP, generateSigningKey, parseEnrolmentCode, sign } from '@enishi/crypto';
import { createCa, issueCert, type KeyAndCert } from '@enishi/infra';
import { waitFor } from '@enishi/testing';
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readLinkState } from '../src/home/state-file.js';
import { enrolTerminal, newEnrolmentTry } from '../src/relay/enrol-terminal.js';
import { openLink } from '../src/relay/relay-link.js';
import { TestBank } from './bank.js';
import { TestPc } from './pc.js';
import { connectorFor, Platform } from './platform.js';
import { TestRelay } from './relay.js';

// Programs are started and killed here, on machines that do other things too.
jest.setTimeout(60_000);

const platform = new Platform();
let ca: KeyAndCert;
let certificate: KeyAndCert;
let userCertificate: KeyAndCert;
let relay: TestRelay;
let pc: TestPc;
let bank: TestBank | undefined;

beforeAll(async () => {
  ca = await createCa({ commonName: 'Test platform CA' });
  certificate = await issueCert(ca, { kind: 'server', commonName: 'localhost' });
  userCertificate = await issueCert(await createCa({ commonName: 'Some bank' }), {
    kind: 'client',
    commonName: 'user-1',
    validForSeconds: 6 * 86_400,
  });
});
beforeEach(async () => {
  relay = await TestRelay.start(platform, certificate);
  pc = new TestPc();
});
afterEach(async () => {
  await pc.remove();
  await relay.stop();
  await bank?.stop();
  bank = undefined;
});

const enrol = (text: string, caPem = ca.certPem) => {
  const code = parseEnrolmentCode(text);
  return enrolTerminal(code, newEnrolmentTry(code.codeId), { url: relay.url, ca: caPem }, 'test');
};
const refusedWith = (message: string | RegExp) =>
  expect.objectContaining({ code: 'terminal-agent.enrolment_refused', message: expect.stringMatching(message) });

describe('enrolment', () => {
  it('A9 ties the PC: keys made here, the root that the code names, everything for this user only', async () => {
    expect(await pc.enrol(relay, ca.certPem)).toEqual({ code: 0, stdout: `enrolled as ${relay.terminalId}\n`, stderr: '' });
    expect(relay.frames[0]).toMatchObject({ frame: 'enrol', request: { agent: { version: '0.1.0' } } });
    for (const name of ['identity.json', 'keys.sealed', 'vault.key']) expect(statSync(join(pc.home, name)).mode & 0o777).toBe(0o600);
    expect(statSync(pc.home).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(pc.home, 'keys.sealed')).includes('"d"')).toBe(false);
    const second = await pc.enrol(relay, ca.certPem);
    expect(second).toMatchObject({ code: 4, stderr: expect.stringContaining('terminal-agent.already_enrolled') });
  });

  it('A9 is refused by name when the code was used, or a relay without the secret puts in its own keys', async () => {
    const code = relay.enrolmentCode();
    await enrol(code);
    await expect(enrol(code)).rejects.toEqual(refusedWith('command-dispatcher.mac_wrong'));
  });

  it('A9 a hostile relay cannot stand in for the platform: another root, another key, another nonce', async () => {
    const hostile = new Platform();
    relay.bendReceipt = (receipt) => {
      const content = JSON.parse(Buffer.from(receipt.split('.')[1] ?? '', 'base64url').toString()) as object;
      const header = { key: hostile.orderStatement, root: hostile.root.statement };
      return sign(content, hostile.dispatcher.privateJwk, { typ: ENROLMENT_TYP, header });
    };
    await expect(enrol(relay.enrolmentCode())).rejects.toEqual(refusedWith('root_wrong'));
    relay.bendReceipt = (receipt) => {
      const content = JSON.parse(Buffer.from(receipt.split('.')[1] ?? '', 'base64url').toString()) as object;
      const header = { key: platform.orderStatement, root: platform.root.statement };
      return sign(content, generateSigningKey().privateJwk, { typ: ENROLMENT_TYP, header });
    };
    await expect(enrol(relay.enrolmentCode())).rejects.toEqual(refusedWith('signature_wrong'));
    let kept: string | undefined;
    relay.bendReceipt = (receipt) => {
      kept ??= receipt;
      return kept;
    };
    await enrol(relay.enrolmentCode());
    await expect(enrol(relay.enrolmentCode())).rejects.toEqual(refusedWith('other keys'));
  });

  it('A9 what the agent says of itself stands under the MAC, and it asks in no weaker way when it is refused', async () => {
    await enrol(relay.enrolmentCode());
    expect(relay.frames).toMatchObject([
      { frame: 'enrol', request: { v: 2, agent: { name: 'enishi-agent', version: 'test', capabilities: ['login-limit'] } } },
    ]);
    const code = relay.enrolmentCode(new Platform());
    await expect(enrol(code)).rejects.toEqual(refusedWith('mac_wrong'));
    expect(relay.frames.map((frame) => frame.frame === 'enrol' && 'v' in frame.request && frame.request.v)).toEqual([2, 2]);
  });

  it.each<[string, (content: Record<string, unknown>) => unknown]>([
    ['does not say what the agent said of itself', ({ agentHash: _said, ...rest }) => rest],
    ['says something else of the agent', (content) => ({ ...content, agentHash: 'A'.repeat(43) })],
  ])('A9 is refused when the receipt %s', async (_name, bend) => {
    relay.bendReceipt = (receipt) => {
      const content = JSON.parse(Buffer.from(receipt.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
      const header = { key: platform.orderStatement, root: platform.root.statement };
      return sign(bend(content) as object, platform.dispatcher.privateJwk, { typ: ENROLMENT_TYP, header });
    };
    await expect(enrol(relay.enrolmentCode())).rejects.toEqual(refusedWith('what this agent said of itself'));
  });

  it('A7 does not talk to a relay whose certificate is not trusted', async () => {
    const other = await createCa({ commonName: 'Another CA' });
    await expect(enrol(relay.enrolmentCode(), other.certPem)).rejects.toEqual(refusedWith("the relay's certificate is not trusted"));
    expect(relay.frames).toHaveLength(0);
  });

  it("A2 A7 where no CA is named, relay and bank are judged by the system's own store, and by nothing else", async () => {
    bank = await TestBank.start();
    const enrolBySystem = (name: string, certificates: string) => {
      pc.env = { SSL_CERT_FILE: pc.write(name, certificates), SSL_CERT_DIR: pc.folder };
      return pc.do(['enrol', '--relay', relay.url], `${relay.enrolmentCode()}\n`);
    };
    expect(await enrolBySystem('other.pem', bank.serverCa.certPem)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('is not trusted'),
    });
    expect(relay.frames).toHaveLength(0);
    expect(await enrolBySystem('both.pem', `${ca.certPem}\n${bank.serverCa.certPem}`)).toMatchObject({ code: 0, stderr: '' });
    const connectionId = ConnectionId.generate();
    await pc.connect(connectionId, bank.origin, await bank.userCertificate(), {});
    pc.run();
    const session = await relay.session(0);
    const connector = connectorFor(bank.origin, undefined);
    await relay.send(session, platform.order({ terminalId: relay.terminalId, session, connector, connectionId }, 'top'));
    expect((await relay.openResult(await relay.next('result'))).result.outcome).toMatchObject({ kind: 'response', status: 200 });
  });

  it('A9 whose answer was lost is made again with the same code and the same keys', async () => {
    const code = relay.enrolmentCode();
    const args = ['enrol', '--relay', relay.url, '--code', code, '--ca', pc.write('relay-ca.pem', ca.certPem)];
    relay.loseNextReceipt = true;
    expect(await pc.do(args)).toMatchObject({ code: 4, stderr: expect.stringContaining('terminal-agent.enrolment_refused') });
    const first = relay.keys;
    expect(await pc.do(args)).toMatchObject({ code: 0, stderr: '' });
    expect(relay.keys).toEqual(first);
    expect(existsSync(join(pc.home, 'enrolment.sealed'))).toBe(false);
  });

  it('a code with a typing error is refused on the PC, before anything is sent', async () => {
    const code = relay.enrolmentCode().replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    const ended = await pc.do(['enrol', '--relay', relay.url, '--code', code]);
    expect(ended).toMatchObject({ code: 4, stderr: expect.stringContaining('crypto.malformed') });
    expect(relay.frames).toHaveLength(0);
  });
});

describe('connect', () => {
  it('A2 proves certificate and key in TLS before anything is stored: each fault is told by its reason', async () => {
    await pc.enrol(relay, ca.certPem);
    const bankCa = await createCa({ commonName: 'Some bank' });
    const other = await issueCert(bankCa, { kind: 'client', commonName: 'user-2' });
    const faults: [string, KeyAndCert][] = [
      ['the key is not the one of the certificate', { certPem: userCertificate.certPem, keyPem: other.keyPem }],
      ['this certificate ended on', await issueCert(bankCa, { kind: 'client', commonName: 'user-1', validForSeconds: -60 })],
      ['key too small', await issueCert(bankCa, { kind: 'client', commonName: 'user-1', weak: 'key' })],
      ['this is not a private key', { certPem: userCertificate.certPem, keyPem: userCertificate.keyPem.replace('MIG', 'AAA') }],
      ['this is not a certificate', { certPem: userCertificate.certPem.slice(0, 200), keyPem: userCertificate.keyPem }],
    ];
    const connectionId = ConnectionId.generate();
    for (const [reason, pair] of faults) {
      const ended = await pc.connect(connectionId, 'https://bank.example', pair, { userId: 'a' });
      expect([reason, ended]).toEqual([
        reason,
        { code: 4, stdout: '', stderr: expect.stringMatching(`${reason}.*\\[terminal-agent.certificate_not_valid\\]`) },
      ]);
    }
    expect(existsSync(join(pc.home, 'vault.sealed'))).toBe(false);
    expect(await pc.connect(connectionId, 'https://bank.example', userCertificate, { userId: 'a' })).toMatchObject({ code: 0, stderr: '' });
    expect((await pc.do(['help'])).stdout).toContain('openssl pkcs12 -legacy');
  });

  it('A2 opens a locked key by the passphrase that is asked for first; another one, or a locked file kept in place, is refused', async () => {
    await pc.enrol(relay, ca.certPem);
    const cipher = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'ひみつ' } as const;
    const connectionId = ConnectionId.generate();
    const argsFor = ({ certPem, keyPem }: KeyAndCert) => {
      const keyFile = pc.write('locked.key', String(createPrivateKey(keyPem).export(cipher)));
      const files = ['--certificate', pc.write('client.pem', certPem), '--key', keyFile, '--secret', 'userId'];
      return ['connect', '--connection', connectionId, '--origin', 'https://bank.example', ...files];
    };
    const bankCa = await createCa({ commonName: 'Some bank' });
    const expired = await issueCert(bankCa, { kind: 'client', commonName: 'user-1', validForSeconds: -60 });
    const stranger = { certPem: userCertificate.certPem, keyPem: expired.keyPem };
    const refused = (reason: string) => ({ code: 4, stdout: '', stderr: expect.stringContaining(reason) });
    expect(await pc.do(argsFor(expired), 'ひみつ\na\n')).toEqual(refused('this certificate ended on'));
    expect(await pc.do(argsFor(stranger), 'ひみつ\na\n')).toEqual(refused('the key is not the one of the certificate'));
    const args = argsFor(userCertificate);
    expect(await pc.do(args, 'wrong\na\n')).toEqual(refused('the passphrase does not open the key'));
    expect(await pc.do([...args, '--keep-in-place'], 'a\n')).toEqual(refused('kept in place'));
    expect(existsSync(join(pc.home, 'vault.sealed'))).toBe(false);
    expect(await pc.do(args, 'ひみつ\na\n')).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('certificate of user-1'),
    });
    expect((await pc.do(['status'])).stdout).toContain('certificate user-1 by Some bank');
  });
});

describe('a session', () => {
  const ready = async () => {
    await pc.enrol(relay, ca.certPem);
    pc.run();
    return relay.session(0);
  };

  it('A9 begins with a proof by the terminal key, and status tells of it', async () => {
    const session = await ready();
    expect(session.proof).toMatchObject({ terminalId: relay.terminalId, agentVersion: '0.1.0', credentials: {} });
    expect(Math.abs(session.proof.clock - Date.now() / 1000)).toBeLessThan(5);
    // `welcome` is on its way; an order that is answered shows that it has come.
    const to = { terminalId: relay.terminalId, session, connector: connectorFor('https://bank.example', undefined) };
    await relay.send(session, platform.order(to, 'top'));
    await relay.next('result');
    expect((await pc.do(['status'])).stdout).toMatch(/link +connected since .*\(sess_/);
    await pc.end('SIGTERM');
    expect((await pc.do(['status'])).stdout).toMatch(/link +not running/);
  });

  it('A7 is opened anew, with another nonce, when the link breaks', async () => {
    const first = await ready();
    first.socket.terminate();
    const second = await relay.session(1);
    expect(second.nonce).not.toBe(first.nonce);
  });

  it('A7 is ended with close code 1007 at a malformed frame, and opened anew', async () => {
    const session = await ready();
    session.socket.send('{"frame":"shell","command":"ls"}');
    expect(await session.closed).toEqual({ code: 1007 });
    await relay.session(1);
  });

  it('A9 is renewed when the user changes a secret, and tells the new version of the credentials', async () => {
    await ready();
    const connectionId = ConnectionId.generate();
    expect(await pc.connect(connectionId, 'https://bank.example', userCertificate, { userId: 'a' })).toMatchObject({ code: 0 });
    const second = await relay.session(1);
    const version = second.proof.credentials[connectionId];
    expect(version).toMatch(/^[\w-]{16}$/);
    expect(
      await pc.do(['connect', '--connection', connectionId, '--origin', 'https://bank.example', '--secret', 'userId'], 'b\n'),
    ).toMatchObject({
      code: 0,
      stdout: 'kept for https://bank.example only: userId\n',
    });
    const third = await relay.session(2);
    expect(third.proof.credentials[connectionId]).not.toBe(version);
    expect((await pc.do(['status'])).stdout).toContain('ends within 7 days');
  });

  it('A9 ends for good, with exit code 3, only when the platform says that the terminal was revoked', async () => {
    await pc.enrol(relay, ca.certPem);
    relay.refusal = { code: 'command-dispatcher.proof_wrong', message: 'try again' };
    pc.run();
    await relay.next('hello');
    await relay.next('hello');
    relay.refusal = { code: 'command-dispatcher.terminal_revoked', message: 'revoked' };
    expect(await pc.whenEnded()).toMatchObject({ code: 3, stdout: expect.stringContaining('this terminal was revoked') });
    expect((await pc.do(['status'])).stdout).toContain('revoked by the platform');
  });

  it('waits at least as long as the relay asks for, and status says until when', async () => {
    await pc.enrol(relay, ca.certPem);
    relay.refusal = { code: 'terminal-relay.too_many', message: 'come later', retryAfterMs: 30_000 };
    pc.run();
    await relay.next('hello');
    const state = await waitFor(() => {
      const read = readLinkState(join(pc.home, 'state.json'));
      return read?.link === 'waiting' ? read : undefined;
    });
    const waitMs = Date.parse(state.nextTryAt ?? '') - Date.parse(state.since);
    expect(waitMs).toBeGreaterThanOrEqual(29_900);
    expect(waitMs).toBeLessThan(31_000);
    expect((await pc.do(['status'])).stdout).toMatch(
      /not connected since .*: the platform refused: come later \(terminal-relay\.too_many\); next try/,
    );
  });

  it('is one per home: a second run is refused by name', async () => {
    await ready();
    expect(await pc.do(['run'])).toMatchObject({ code: 4, stderr: expect.stringContaining('terminal-agent.already_running') });
  });

  it('A2 sends a result again after `retry`, and never after `discard`', async () => {
    const session = await ready();
    const to = { terminalId: relay.terminalId, session, connector: connectorFor('https://bank.example', undefined) };
    let asked = 0;
    relay.onResult = ({ orderId }, socket) => {
      asked += 1;
      socket.send(
        JSON.stringify(
          asked === 1 ? { frame: 'retry', orderId, afterMs: 10 } : { frame: 'discard', orderId, code: 'parser.result_refused' },
        ),
      );
    };
    await relay.send(session, platform.order(to, 'top'));
    expect(await relay.next('result')).toEqual(await relay.next('result'));
    // A fresh session resends what is open: nothing is.
    session.socket.terminate();
    const again = await relay.session(1);
    relay.onResult = ({ orderId }, socket) => socket.send(JSON.stringify({ frame: 'ack', orderId }));
    const later = platform.order({ ...to, session: again }, 'top');
    await relay.send(again, later);
    expect((await relay.next('result')).orderId).toBe(later.orderId);
    await pc.end('SIGTERM');
    expect(await pc.do(['log'])).toMatchObject({ code: 0, stdout: expect.stringContaining('parser.result_refused') });
    const journal = join(pc.home, 'journal', '000001.jsonl');
    const lines = readFileSync(journal, 'utf8').split('\n');
    writeFileSync(journal, lines.filter((line) => !line.includes('parser.result_refused')).join('\n'));
    expect(await pc.do(['log'])).toMatchObject({ code: 1, stdout: expect.stringContaining('WARNING: before line 4 lines are missing') });
  });
});

describe('a link', () => {
  it('A7 that is half open is ended after the silence limit', async () => {
    const frames: RelayFrame[] = [];
    const link = openLink({
      url: relay.url,
      ca: ca.certPem,
      onFrame: (frame) => frames.push(frame),
      pingIntervalMs: 50,
      silenceLimitMs: 200,
    });
    relay.deafen();
    expect(await link.ended).toMatchObject({ reason: expect.stringContaining('silent') });
  });

  it('A7 that only pings stays', async () => {
    const link = openLink({ url: relay.url, ca: ca.certPem, onFrame: () => undefined, pingIntervalMs: 20, silenceLimitMs: 100 });
    const first = await Promise.race([link.ended, relay.afterPings(15).then(() => 'alive')]);
    expect(first).toBe('alive');
    link.close(1000, 'done');
    await link.ended;
  });

  it.each<[string, string | Buffer]>([
    ['that is not JSON', '{"frame":'],
    ['of an unknown kind', '{"frame":"shell","command":"ls"}'],
    ['with a field too many', '{"frame":"ack","orderId":"order_00000000000000000000000000","x":1}'],
    ['with an id of another kind', '{"frame":"ack","orderId":"run_00000000000000000000000000"}'],
    ['in binary', Buffer.from('{}')],
  ])('A7 takes no frame %s: close code 1007, with the reason', async (_name, frame) => {
    const frames: RelayFrame[] = [];
    const closed = relay.nextClose(frame);
    const link = openLink({ url: relay.url, ca: ca.certPem, onFrame: (got) => frames.push(got) });
    expect(await closed).toBe(1007);
    expect(await link.ended).toMatchObject({ reason: 'the relay sent a malformed frame' });
    expect(frames.map((got) => got.frame)).toEqual(['challenge']);
  });

  it('tells when the relay, busy, wants it back', async () => {
    relay.refuseUpgrade(503, 7);
    const link = openLink({ url: relay.url, ca: ca.certPem, onFrame: () => undefined });
    expect(await link.ended).toEqual({ reason: 'the relay answered 503', retryAfterMs: 7_000 });
  });

  it('tells that nobody answers', async () => {
    const { port } = relay;
    await relay.stop();
    const link = openLink({ url: `wss://localhost:${port}`, ca: ca.certPem, onFrame: () => undefined });
    expect(await link.ended).toMatchObject({ reason: 'nobody answers at the relay' });
    relay = await TestRelay.start(platform, certificate);
  });
});

describe('a damaged home', () => {
  it('is told by file, and nothing is made up', async () => {
    await pc.enrol(relay, ca.certPem);
    rmSync(join(pc.home, 'vault.key'));
    expect(await pc.do(['run'])).toMatchObject({ code: 4, stderr: expect.stringMatching(/vault\.key.*terminal-agent\.home_damaged/) });
    pc.write('agent/vault.key', 'A'.repeat(43));
    expect(await pc.do(['run'])).toMatchObject({ code: 4, stderr: expect.stringMatching(/keys\.sealed.*terminal-agent\.home_damaged/) });
    pc.write('agent/identity.json', '{}');
    expect(await pc.do(['status'])).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/identity\.json.*terminal-agent\.home_damaged/),
    });
  });
});
