/** Orders against a real bank over real TLS, with the agent in this process. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectionId, Order, RunId } from '@enishi/contracts';
import { parseEnrolmentCode } from '@enishi/crypto';
import { createCa, issueCert, type KeyAndCert } from '@enishi/infra';
import { waitFor } from '@enishi/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { Resolve } from '../src/bank/connect-bank.js';
import { Home } from '../src/home/home.js';
import { inWords } from '../src/journal/in-words.js';
import { readJournal } from '../src/journal/journal.js';
import { enrolTerminal, newEnrolmentTry } from '../src/relay/enrol-terminal.js';
import { type OpenAgent, openAgent } from '../src/session/open-agent.js';
import { MAX_WAITING_ORDERS } from '../src/session/run-queue.js';
import { FileKeyProvider } from '../src/vault/key-provider.js';
import { Vault } from '../src/vault/vault.js';
import { TestBank } from './bank.js';
import { bentOrders } from './bent-orders.js';
import { connectorFor, Platform } from './platform.js';
import { type RelaySession, TestRelay } from './relay.js';

// Programs are started and killed here, on machines that do other things too.
jest.setTimeout(60_000);

const platform = new Platform();
let platformCa: KeyAndCert;
let bank: TestBank;
let relay: TestRelay;
let home: Home;
let vault: Vault;
let open: OpenAgent;
let stop: AbortController;
let ended: Promise<unknown>;
let session: RelaySession;
const connectionId = ConnectionId.generate();
let resolve: Resolve | undefined;

beforeAll(async () => {
  platformCa = await createCa({ commonName: 'Test platform CA' });
  bank = await TestBank.start();
});
afterAll(async () => {
  await bank.stop();
});

beforeEach(async () => {
  relay = await TestRelay.start(platform, await issueCert(platformCa, { kind: 'server', commonName: 'localhost' }));
  home = new Home(mkdtempSync(join(tmpdir(), 'enishi-home-')));
  home.make();
  vault = await Vault.open(home, new FileKeyProvider(home.vaultKeyFile), { make: true });
  const code = parseEnrolmentCode(relay.enrolmentCode());
  const enrolled = await enrolTerminal(code, newEnrolmentTry(code.codeId), { url: relay.url, ca: platformCa.certPem }, 'test');
  vault.saveAgentKeys(enrolled.keys);
  home.saveIdentity(enrolled.identity);
  const { certPem, keyPem } = await bank.userCertificate();
  vault.change(connectionId, {
    origin: bank.origin,
    certificate: { kind: 'imported', certPem, keyPem },
    secrets: { userId: '12345678', password: 'パス!x' },
  });
  bank.asked.length = 0;
  bank.connections = 0;
  bank.answer = (_asked, response) => response.end('<h1>ok</h1>');
  resolve = undefined;
  stop = new AbortController();
  open = await openAgent(home, () => undefined, {
    resolve: (host) => (resolve ? resolve(host) : Promise.resolve([{ address: '127.0.0.1', family: 4 }])),
  });
  ended = open.agent.run(stop.signal);
  session = await relay.session(0);
});
afterEach(async () => {
  stop.abort();
  await ended;
  open.close();
  await relay.stop();
  rmSync(home.folder, { recursive: true, force: true });
});

const to = (change: Record<string, unknown> = {}, serverCa: string | undefined = bank.serverCa.certPem) => ({
  terminalId: relay.terminalId,
  session,
  connector: connectorFor(bank.origin, serverCa, change),
  connectionId,
});

/** Sends an order and opens what comes back. */
async function result(order: Order, traceparent?: string) {
  await relay.send(session, order, traceparent);
  const frame = await relay.next('result', ({ orderId }) => orderId === order.orderId);
  return { ...(await relay.openResult(frame)), frame };
}

describe('an order that is followed', () => {
  it('A2 reaches the bank by mutual TLS exactly as ordered, and the answer comes back byte for byte', async () => {
    const page = Buffer.from([0x83, 0x65, 0x0d, 0x0a, 0x00, 0xff, 0x0a]);
    bank.answer = (_asked, response) =>
      response.writeHead(200, { 'content-type': 'text/html; charset=Shift_JIS', 'x-inner': 'no' }).end(page);
    const order = platform.order(to(), 'rows');
    const { result: got, body } = await result(order);
    expect(bank.asked).toEqual([
      {
        method: 'GET',
        url: '/rows?account=AB12&format=csv&from=20260401',
        client: 'user-1',
        body: '',
        headers: { host: new URL(bank.origin).host, 'accept-encoding': 'identity', connection: 'close' },
      },
    ]);
    expect(Buffer.compare(body, page)).toBe(0);
    expect(got).toMatchObject({
      orderId: order.orderId,
      runId: order.runId,
      terminalId: relay.terminalId,
      connectorHash: order.connectorHash,
      bodyBytes: page.length,
      credentialVersion: session.proof.credentials[connectionId],
      outcome: { kind: 'response', status: 200, headers: { 'content-type': 'text/html; charset=Shift_JIS', date: expect.any(String) } },
    });
    expect(JSON.stringify(got)).not.toContain('x-inner');
  });

  it("A3 puts each secret into its own field, in the bank's charset, and nowhere else", async () => {
    const { result: got } = await result(platform.order(to(), 'login'));
    expect(got.outcome).toMatchObject({ kind: 'response', status: 200 });
    // パス!x and 口座 in Shift_JIS.
    expect(bank.asked[0]?.body).toBe('csrf=ab12&userId=12345678&password=%83p%83X%21x&next=%8C%FB%8D%C0');
    expect(bank.asked[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
  });

  it('A3 does not follow a redirect: that would be asking unbidden', async () => {
    bank.answer = (_asked, response) => response.writeHead(302, { location: '/rows' }).end();
    const { result: got } = await result(platform.order(to(), 'top'));
    expect(got.outcome).toMatchObject({ kind: 'response', status: 302, headers: { location: '/rows' } });
    expect(bank.asked).toHaveLength(1);
  });

  it('A1 is done once, though it is delivered three times', async () => {
    const order = platform.order(to(), 'login');
    const first = await result(order);
    for (let again = 0; again < 2; again++) {
      await relay.send(session, { ...order, sequence: ++session.sequence });
      await relay.next('taken', ({ orderId }) => orderId === order.orderId);
    }
    await result(platform.order(to(), 'top'));
    expect(bank.asked.map(({ method }) => method)).toEqual(['POST', 'GET']);
    expect(first.result.outcome.kind).toBe('response');
  });

  it('A3 a login whose sealed answer is gone from the disk is not sent again, though the agent lives: OUTCOME_UNKNOWN', async () => {
    relay.onResult = () => undefined; // The platform never confirms.
    const login = platform.order(to(), 'login');
    const top = platform.order(to(), 'top');
    for (const order of [login, top]) {
      expect((await result(order)).result.outcome.kind).toBe('response');
      rmSync(home.resultFile(order.orderId));
    }
    const again = (order: Order) => result({ ...order, sequence: ++session.sequence });
    expect((await again(login)).result.outcome).toMatchObject({ kind: 'failed', cause: 'OUTCOME_UNKNOWN' });
    // A read may be asked again, and is.
    expect((await again(top)).result.outcome.kind).toBe('response');
    expect(bank.asked.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET']);
  });

  it('A1 of one run waits for the one before; of another run it does not', async () => {
    const answers: (() => void)[] = [];
    bank.answer = (_asked, response) => answers.push(() => response.end('x'));
    const runId = RunId.generate();
    const first = platform.order({ ...to(), runId }, 'top');
    const second = platform.order({ ...to(), runId }, 'rows');
    const other = platform.order(to(), 'top');
    for (const order of [first, second, other]) await relay.send(session, order);
    for (const order of [first, second, other]) await relay.next('taken', ({ orderId }) => orderId === order.orderId);
    await bank.whenAsked(2);
    expect(bank.asked.map(({ url }) => url)).toEqual(['/top', '/top']);
    for (const answer of answers.splice(0)) answer();
    await bank.whenAsked(3);
    expect(bank.asked[2]?.url).toContain('/rows');
    for (const answer of answers.splice(0)) answer();
    for (const order of [first, second, other]) await relay.next('result', ({ orderId }) => orderId === order.orderId);
  });

  it('A3 is not taken when too many are waiting; the platform sends it again later', async () => {
    bank.answer = () => undefined;
    // None ends by its time limit while the others are still being sent.
    const { top } = connectorFor(bank.origin, undefined).requests;
    const patient = to({ requests: { top: { ...top, timeoutMs: 60_000 } } });
    const orders = Array.from({ length: MAX_WAITING_ORDERS + 3 }, () => platform.order(patient, 'top'));
    for (const order of orders) await relay.send(session, order);
    const ignored = () => readJournal(home.journalFolder).lines.filter(({ what }) => what === 'ignored');
    await waitFor(() => ignored().length === 3, { timeoutMs: 30_000 });
    expect(ignored()).toMatchObject(Array.from({ length: 3 }, () => ({ rule: 'limit' })));
    expect(relay.frames.filter(({ frame }) => frame === 'taken')).toHaveLength(MAX_WAITING_ORDERS);
    // The bank hangs up on all that it was asked, and on what follows.
    bank.answer = (_asked, response) => response.destroy();
    bank.hangUp();
    for (const order of orders.slice(0, MAX_WAITING_ORDERS)) await relay.next('result', ({ orderId }) => orderId === order.orderId);
  });

  it('carries its trace to the result', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { frame } = await result(platform.order(to(), 'top'), traceparent);
    expect(frame.traceparent).toBe(traceparent);
  });
});

describe('an order that cannot be followed', () => {
  const cause = (name: string, detail: string | RegExp = /./) => ({ kind: 'failed', cause: name, detail: expect.stringMatching(detail) });

  it('A3 outside the connector is AGENT_POLICY_REFUSED, and the bank sees no connection', async () => {
    const bent: Partial<Order>[] = [
      { url: `${bank.origin}/transfer` },
      { url: `${bank.origin}/top?x=1` },
      { method: 'POST', form: [] },
      { headers: { accept: 'text/html', host: 'evil.example' } },
      { maxBytes: 10_000 },
      { certificate: { issuer: 'Other CA' } },
      { effect: 'once' },
    ];
    for (const change of bent) {
      const { result: got } = await result(platform.order(to(), 'top', change));
      expect(got.outcome).toEqual(cause('AGENT_POLICY_REFUSED', /^check-/));
    }
    expect(bank.connections).toBe(0);
  });

  it('A3 bent in any single way brings no byte to the bank', async () => {
    const base = platform.order(to(), 'login');
    const bent = fc.sample(bentOrders(base), { numRuns: 80, seed: 20261122 });
    let answered = 0;
    for (const change of bent) {
      const order = platform.order(to(), 'login', change);
      // Malformed, or judged by keys that were not yet there at its time: no order at all, and not answered.
      if (!Order.safeParse(order).success || change.issuedAt !== undefined) {
        await relay.send(session, order);
        continue;
      }
      expect([change, (await result(order)).result.outcome]).toEqual([change, cause('AGENT_POLICY_REFUSED', /^check-/)]);
      answered += 1;
    }
    expect(answered).toBeGreaterThan(30);
    expect(bank.connections).toBe(0);
  });

  it('A3 a forged, foreign or replayed order is not even answered, and the bank sees no connection', async () => {
    const stranger = new Platform();
    const good = platform.order(to(), 'top');
    if (!relay.keys) throw new Error('not enrolled');
    for (const forged of [
      await stranger.sealOrder(good, relay.keys.sealing),
      await platform.sealOrder(good, stranger.parser.publicJwk),
      await platform.sealOrder({ ...good, sessionNonce: 'x'.repeat(43) }, relay.keys.sealing),
    ])
      session.socket.send(JSON.stringify({ frame: 'order', orderId: forged.orderId, jwe: forged.jwe }));
    const { result: got } = await result(platform.order(to({}, bank.serverCa.certPem), 'top', { url: `${bank.origin}/else` }));
    expect(got.outcome.kind).toBe('failed');
    expect(relay.frames.filter(({ frame }) => frame === 'taken')).toHaveLength(1);
    expect(bank.connections).toBe(0);
  });

  it('A3 an order that the relay plays a second time in its session is not even answered', async () => {
    const order = platform.order(to(), 'top');
    const { orderId, jwe } = await platform.sealOrder(order, relay.keys?.sealing ?? platform.parser.publicJwk);
    for (let times = 0; times < 3; times++) session.socket.send(JSON.stringify({ frame: 'order', orderId, jwe }));
    await relay.next('result', (frame) => frame.orderId === orderId);
    // Orders are looked at one after the other: that this one is answered shows that those before were dealt with.
    await result(platform.order(to(), 'top'));
    expect(relay.frames.filter((frame) => frame.frame === 'taken' && frame.orderId === orderId)).toHaveLength(1);
    expect(relay.frames.filter((frame) => frame.frame === 'result' && frame.orderId === orderId)).toHaveLength(1);
    const ignored = readJournal(home.journalFolder).lines.filter(({ what }) => what === 'ignored');
    expect(ignored).toMatchObject([
      { orderId, rule: 'check-sequence' },
      { orderId, rule: 'check-sequence' },
    ]);
  });

  it('A3 to a name that leads to an address that is not public is refused (DNS rebinding)', async () => {
    const connector = connectorFor('https://bank.example', bank.serverCa.certPem, { development: false });
    const { certPem, keyPem } = await bank.userCertificate();
    vault.change(connectionId, { origin: connector.origin, certificate: { kind: 'imported', certPem, keyPem } });
    session = await relay.session(1);
    const addresses = ['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', '::ffff:127.0.0.1', 'fd00::1', '0.0.0.0', '64:ff9b::7f00:1'];
    for (const address of addresses) {
      resolve = () =>
        Promise.resolve([
          { address: '93.184.215.14', family: 4 },
          { address, family: address.includes(':') ? 6 : 4 },
        ]);
      const { result: got } = await result(platform.order({ ...to(), connector }, 'top'));
      expect(got.outcome).toEqual(cause('AGENT_POLICY_REFUSED', /^check-address/));
    }
    expect(bank.connections).toBe(0);
  });

  it('A2 without, with an expired and with a rejected certificate: each has its own cause, nothing is asked', async () => {
    const other = ConnectionId.generate();
    const ask = async () => (await result(platform.order({ ...to(), connectionId: other }, 'login'))).result.outcome;
    expect(await ask()).toEqual(cause('CERT_MISSING'));
    const secrets = { userId: '12345678', password: 'abcd' };
    const keep = ({ certPem, keyPem }: KeyAndCert) =>
      vault.change(other, { origin: bank.origin, certificate: { kind: 'imported', certPem, keyPem }, secrets });
    const renewed = relay.sessions.length;
    keep(await bank.userCertificate('user-2', -60));
    session = await relay.session(renewed);
    expect(await ask()).toEqual(cause('CERT_EXPIRED'));
    const lookalike = await createCa({ commonName: bank.clientCa.commonName });
    keep(await issueCert(lookalike, { kind: 'client', commonName: 'user-2' }));
    session = await relay.session(renewed + 1);
    expect(await ask()).toEqual(cause('CERT_REJECTED_BY_BANK'));
    expect(bank.asked).toHaveLength(0);
  });

  it('A2 with a certificate that cannot be loaded any more is CERT_UNUSABLE at once, and nothing is asked', async () => {
    const other = ConnectionId.generate();
    const [one, another] = [await bank.userCertificate(), await bank.userCertificate()];
    const files = { kind: 'files', certFile: join(home.folder, 'client.pem'), keyFile: join(home.folder, 'client.key') } as const;
    writeFileSync(files.certFile, one.certPem);
    writeFileSync(files.keyFile, one.keyPem);
    vault.change(other, { origin: bank.origin, certificate: files, secrets: { userId: '12345678', password: 'abcd' } });
    session = await relay.session(1);
    const ask = async () => (await result(platform.order({ ...to(), connectionId: other }, 'login'))).result.outcome;
    const weak = await issueCert(bank.clientCa, { kind: 'client', commonName: 'user-1', weak: 'key' });
    for (const [certPem, keyPem] of [
      [one.certPem, another.keyPem],
      [one.certPem, one.keyPem.slice(0, 60)],
      ['', ''],
      [weak.certPem, weak.keyPem],
    ] as const) {
      writeFileSync(files.certFile, certPem);
      writeFileSync(files.keyFile, keyPem);
      expect(await ask()).toEqual(cause('CERT_UNUSABLE', /^pick-certificate: issuer/));
    }
    rmSync(files.keyFile);
    expect(await ask()).toEqual(cause('CERT_UNUSABLE'));
    expect(bank.connections).toBe(0);
    writeFileSync(files.certFile, one.certPem);
    writeFileSync(files.keyFile, one.keyPem);
    expect(await ask()).toMatchObject({ kind: 'response' });
  });

  it('A3 whose connection came to stand for another bank while it waited is refused: those secrets do not go to this one', async () => {
    const held = Promise.withResolvers<void>();
    bank.answer = (_asked, response) => void held.promise.then(() => response.end('x'));
    const runId = RunId.generate();
    const [first, waiting] = [platform.order({ ...to(), runId }, 'top'), platform.order({ ...to(), runId }, 'login')];
    for (const order of [first, waiting]) {
      await relay.send(session, order);
      await relay.next('taken', ({ orderId }) => orderId === order.orderId);
    }
    await bank.whenAsked(1);
    const { certPem, keyPem } = await bank.userCertificate();
    const secrets = { userId: '87654321', password: 'abcd' };
    vault.change(connectionId, { origin: 'https://other.example', certificate: { kind: 'imported', certPem, keyPem }, secrets });
    held.resolve();
    const { result: got } = await relay.openResult(await relay.next('result', ({ orderId }) => orderId === waiting.orderId));
    expect(got.outcome).toEqual(cause('AGENT_POLICY_REFUSED', /^check-connection/));
    expect(bank.asked.map(({ method }) => method)).toEqual(['GET']);
  });

  it('A3 without a secret, or with one not of the asked form: CREDENTIALS_MISSING, nothing is asked', async () => {
    vault.change(connectionId, { origin: bank.origin, secrets: { userId: 'not eight digits' } });
    session = await relay.session(1);
    expect((await result(platform.order(to(), 'login'))).result.outcome).toEqual(cause('CREDENTIALS_MISSING', 'userId'));
    expect(bank.connections).toBe(0);
  });

  it('A2 to a server that the connector does not trust is BANK_TLS_CHANGED, and no secret is sent', async () => {
    const otherCa = (await createCa({ commonName: 'Someone' })).certPem;
    expect((await result(platform.order(to({}, otherCa), 'login'))).result.outcome).toEqual(cause('BANK_TLS_CHANGED'));
    expect(bank.asked).toHaveLength(0);
  });

  it('A2 that is answered with too much is cut: RESPONSE_TOO_LARGE', async () => {
    bank.answer = (_asked, response) => response.end(Buffer.alloc(1_001));
    expect((await result(platform.order(to(), 'top'))).result.outcome).toEqual(cause('RESPONSE_TOO_LARGE', '1000'));
    bank.answer = (_asked, response) => response.end(Buffer.alloc(1_000));
    expect((await result(platform.order(to(), 'top'))).result).toMatchObject({ outcome: { kind: 'response' }, bodyBytes: 1_000 });
  });

  it('A2 that is not answered in time: BANK_TIMEOUT for a read, OUTCOME_UNKNOWN for a login', async () => {
    bank.answer = () => undefined;
    expect((await result(platform.order(to(), 'top', { timeoutMs: 1_000 }))).result.outcome).toEqual(cause('BANK_TIMEOUT'));
    expect((await result(platform.order(to(), 'login', { timeoutMs: 1_000 }))).result.outcome).toEqual(
      cause('OUTCOME_UNKNOWN', 'BANK_TIMEOUT'),
    );
  });

  it('A2 whose answer breaks off: BANK_DOWN for a read, OUTCOME_UNKNOWN for a login', async () => {
    bank.answer = (_asked, response) => {
      response.writeHead(200, { 'content-length': '500' });
      response.write('half');
      response.socket?.end();
    };
    expect((await result(platform.order(to(), 'top'))).result.outcome).toEqual(cause('BANK_DOWN'));
    expect((await result(platform.order(to(), 'login'))).result.outcome).toEqual(cause('OUTCOME_UNKNOWN', 'BANK_DOWN'));
  });

  it('A2 to a bank that nobody answers for, or that does not speak TLS, is BANK_DOWN', async () => {
    const free = createTcpServer((socket) =>
      socket
        .on('error', () => undefined)
        .resume()
        .end('hello'),
    );
    await new Promise<void>((done) => free.listen(0, '127.0.0.1', done));
    const { port } = free.address() as { port: number };
    const connector = connectorFor(`https://localhost:${port}`, bank.serverCa.certPem);
    const { certPem, keyPem } = await bank.userCertificate();
    const secrets = { userId: '12345678', password: 'abcd' };
    vault.change(connectionId, { origin: connector.origin, certificate: { kind: 'imported', certPem, keyPem }, secrets });
    session = await relay.session(1);
    expect((await result(platform.order({ ...to(), connector }, 'login'))).result.outcome).toEqual(cause('BANK_DOWN'));
    await new Promise((done) => free.close(done));
    expect((await result(platform.order({ ...to(), connector }, 'login'))).result.outcome).toEqual(cause('BANK_DOWN', 'ECONNREFUSED'));
  });

  it('A3 a dispatcher that was taken over cannot log in again and again: LOGIN_LIMIT_REACHED, also after a restart', async () => {
    const limited = { ...to({ limits: { maxOncePerDay: 3 } }) };
    const login = async () => (await result(platform.order({ ...limited, session }, 'login'))).result.outcome;
    for (let count = 0; count < 3; count++) expect(await login()).toMatchObject({ kind: 'response', status: 200 });
    expect(await login()).toEqual(cause('LOGIN_LIMIT_REACHED', /^check-login-limit/));
    stop.abort();
    await ended;
    open.close();
    stop = new AbortController();
    open = await openAgent(home, () => undefined, { resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]) });
    ended = open.agent.run(stop.signal);
    session = await relay.session(1);
    expect(await login()).toEqual(cause('LOGIN_LIMIT_REACHED'));
    expect(bank.asked.map(({ method }) => method)).toEqual(['POST', 'POST', 'POST']);
    // What is no login goes on, and so does another connection.
    expect((await result(platform.order({ ...limited, session }, 'top'))).result.outcome.kind).toBe('response');
    const other = ConnectionId.generate();
    const { certPem, keyPem } = await bank.userCertificate();
    const secrets = { userId: '12345678', password: 'abcd' };
    vault.change(other, { origin: bank.origin, certificate: { kind: 'imported', certPem, keyPem }, secrets });
    session = await relay.session(2);
    expect((await result(platform.order({ ...limited, session, connectionId: other }, 'login'))).result.outcome.kind).toBe('response');
    const words = readJournal(home.journalFolder).lines.map(inWords);
    expect(words.filter((line) => line.includes('failed: LOGIN_LIMIT_REACHED (check-login-limit: 3 a day are allowed)'))).toHaveLength(2);
  });

  it('A3 a login that never left the PC does not count as one', async () => {
    const other = ConnectionId.generate();
    const limited = { ...to({ limits: { maxOncePerDay: 1 } }), connectionId: other };
    const login = async () => (await result(platform.order({ ...limited, session }, 'login'))).result.outcome;
    for (let count = 0; count < 3; count++) expect(await login()).toEqual(cause('CERT_MISSING'));
    const { certPem, keyPem } = await bank.userCertificate();
    const secrets = { userId: '12345678', password: 'abcd' };
    vault.change(other, { origin: bank.origin, certificate: { kind: 'imported', certPem, keyPem }, secrets });
    session = await relay.session(1);
    expect((await login()).kind).toBe('response');
    expect(await login()).toEqual(cause('LOGIN_LIMIT_REACHED'));
    expect(bank.asked).toHaveLength(1);
  });

  it('A3 issued by a clock that is far from ours is CLOCK_SKEWED', async () => {
    const order = platform.order(to(), 'top', { issuedAt: Math.floor(Date.now() / 1000) + 600 });
    expect((await result(order)).result.outcome).toEqual(cause('CLOCK_SKEWED'));
    expect(bank.connections).toBe(0);
  });
});

describe('whatever breaks on the PC', () => {
  const cause = (name: string, detail: string | RegExp = /./) => ({ kind: 'failed', cause: name, detail: expect.stringMatching(detail) });
  /** Puts a file in the place of a folder: every write into it fails, for whoever runs the test. */
  function breakFolder(folder: string): void {
    rmSync(folder, { recursive: true, force: true });
    writeFileSync(folder, '');
  }
  function mendFolder(folder: string): void {
    rmSync(folder);
    mkdirSync(folder);
  }

  it('A2 before the bank is asked is AGENT_FAILED with what it was, and the bank sees no connection', async () => {
    const sealed = home.vaultFile;
    writeFileSync(sealed, 'not what the agent wrote');
    expect((await result(platform.order(to(), 'login'))).result.outcome).toEqual(cause('AGENT_FAILED', /^terminal-agent\.home_damaged$/));
    expect(bank.connections).toBe(0);
  });

  it('A2 where the version of a connector is to be noted is an answer too', async () => {
    mkdirSync(home.versionsFile);
    expect((await result(platform.order(to(), 'top'))).result.outcome).toEqual(cause('AGENT_FAILED', /^EISDIR$/));
    expect(bank.connections).toBe(0);
  });

  it('A2 A3 after the bank was asked is AGENT_FAILED for a read, and OUTCOME_UNKNOWN for a login', async () => {
    breakFolder(home.jarsFolder);
    expect((await result(platform.order(to(), 'top'))).result.outcome).toEqual(cause('AGENT_FAILED', /^ENOTDIR$/));
    expect((await result(platform.order(to(), 'login'))).result.outcome).toEqual(
      cause('OUTCOME_UNKNOWN', /^sent, then AGENT_FAILED: ENOTDIR$/),
    );
    expect(bank.asked.map(({ method }) => method)).toEqual(['GET', 'POST']);
  });

  it('A2 A3 where the result is to be kept: the cause is sent from memory, again in the next session, until the platform has it', async () => {
    breakFolder(home.resultsFolder);
    relay.onResult = () => undefined;
    const login = platform.order(to(), 'login');
    const { result: got, frame } = await result(login);
    expect(got.outcome).toEqual(cause('OUTCOME_UNKNOWN', /^sent, then AGENT_FAILED: ENOTDIR$/));
    // Ordered once more in the same session, and in the next one: the same answer, and the bank is not asked again.
    await relay.send(session, { ...login, sequence: ++session.sequence });
    expect(await relay.next('result', ({ orderId }) => orderId === login.orderId)).toEqual(frame);
    session.socket.terminate();
    relay.onResult = ({ orderId }, socket) => socket.send(JSON.stringify({ frame: 'ack', orderId }));
    session = await relay.session(1);
    const top = platform.order(to(), 'top');
    await relay.send(session, top);
    expect(await relay.next('result')).toEqual(frame);
    const next = await relay.openResult(await relay.next('result', ({ orderId }) => orderId === top.orderId));
    expect(next.result.outcome).toEqual(cause('AGENT_FAILED', 'ENOTDIR'));
    expect(bank.asked.map(({ method }) => method)).toEqual(['POST', 'GET']);
    // The platform has both: nothing of them is sent in a third session, and all is well again.
    mendFolder(home.resultsFolder);
    session.socket.terminate();
    session = await relay.session(2);
    const later = platform.order(to(), 'top');
    await relay.send(session, later);
    expect(await relay.next('result')).toMatchObject({ orderId: later.orderId });
    expect(readdirSync(home.resultsFolder)).toHaveLength(1);
  });
});
