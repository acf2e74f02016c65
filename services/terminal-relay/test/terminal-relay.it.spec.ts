/** The relay between real WebSockets and a real bus (A1, A4, A7, A9). */

import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { acceptResult, closeSession, deliverOrder, enrolTerminal, getPresence, OrderId, SessionId, TerminalId } from '@enishi/contracts';
import { PrivateSealingJwk, PrivateSigningJwk, randomToken } from '@enishi/crypto';
import { AppError, failure, platformError } from '@enishi/errors';
import { exposition } from '@enishi/telemetry';
import { waitFor } from '@enishi/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { configSchema } from '../src/config.js';
import { newOrder, type Relay, SEALED, Stage } from './stage.js';

let stage: Stage;
let here: Relay;
let there: Relay;
beforeAll(async () => {
  stage = await Stage.open();
  const quick = {
    TAKEN_TIMEOUT_MS: '300',
    PING_MS: '100',
    SILENCE_MS: '400',
    HANDSHAKE_TIMEOUT_MS: '500',
    FRAMES_PER_SECOND: '20',
    RESULTS_AT_ONCE: '1',
  };
  [here, there] = [await stage.startRelay(quick), await stage.startRelay(quick)];
}, 60_000);
afterAll(async () => stage?.close(), 60_000);
afterEach(() => {
  stage.onResult = () => ({ stored: true });
  stage.onOpen = () => ({ sessionId: SessionId.generate(), terminalId: TerminalId.generate() });
});

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );
const deliver = (order: ReturnType<typeof newOrder>) => stage.dispatcher.request(deliverOrder, order);

describe("the terminals' door", () => {
  it('A7 speaks TLS only: a plain connection learns nothing', async () => {
    const heard = await new Promise<string>((resolve) => {
      const socket = connectPlain(here.terminalPort, '127.0.0.1', () => socket.write('GET /v1/terminal HTTP/1.1\r\nHost: x\r\n\r\n'));
      let text = '';
      socket.on('data', (data) => {
        text += data.toString('latin1');
      });
      socket.on('close', () => resolve(text));
      socket.on('error', () => resolve(text));
    });
    expect(heard).not.toMatch(/HTTP|challenge/);
  });
  it('tells when its certificate ends', async () => {
    const notAfter = new X509Certificate(readFileSync(stage.platform.pki.tlsCertFile)).validToDate.getTime() / 1_000;
    expect(await exposition()).toContain(`enishi_tls_certificate_expiry_timestamp_seconds{door="terminal"} ${notAfter}\n`);
  });
  it('opens links at its path and in its subprotocol only', async () => {
    const answers = [
      stage.connect(here, { path: '/v1/other' }),
      stage.connect(here, { path: '/v1/terminal?x=1' }),
      stage.connect(here, { protocol: null }),
      stage.connect(here, { protocol: 'enishi.terminal.v9' }),
    ];
    const statuses = await Promise.all(answers.map(({ refusal }, i) => waitFor(() => refusal ?? answers[i]?.refusal)));
    expect(statuses.map(({ status }) => status)).toEqual([404, 404, 400, 400]);
    const plainGet = await new Promise<number>((resolve, reject) => {
      const ca = readFileSync(stage.platform.pki.tlsCaFile);
      get({ host: 'localhost', port: here.terminalPort, path: '/v1/terminal', ca }, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      }).on('error', reject);
    });
    expect(plainGet).toBe(426);
  });
  it('tells those beyond its rate, and those beyond its room, when to come again', async () => {
    const slow = await stage.startRelay({ ACCEPT_PER_SECOND: '2' });
    const crowd = Array.from({ length: 8 }, () => stage.connect(slow));
    await waitFor(() => crowd.every(({ refusal, frames }) => refusal !== undefined || frames.length > 0));
    const refused = crowd.filter(({ refusal }) => refusal !== undefined);
    expect(refused.length).toBeGreaterThanOrEqual(4);
    for (const { refusal } of refused) expect(refusal).toMatchObject({ status: 429, retryAfter: expect.stringMatching(/^[1-9]\d?$/) });
    await stage.stopRelay(slow);
    const small = await stage.startRelay({ LINKS_AT_ONCE: '1' });
    const first = stage.connect(small);
    await first.frame('challenge');
    const second = stage.connect(small);
    expect(await waitFor(() => second.refusal)).toMatchObject({ status: 503, retryAfter: '10' });
    await stage.stopRelay(small);
  });
  it('gives each link a challenge of its own, and ends one that says nothing', async () => {
    const [one, two] = [stage.connect(here), stage.connect(here)];
    expect((await one.frame('challenge')).challenge).not.toBe((await two.frame('challenge')).challenge);
    expect((await one.frame('refused')).code).toBe('terminal-relay.handshake_timed_out');
    expect(await one.end()).toBe(1008);
  });
});

describe('a malformed frame is refused with its code and place, and the link ends', () => {
  it.each<[string, string | Buffer, RegExp]>([
    ['no JSON', '{"frame":', /frame: must be JSON/],
    ['no object', '[]', /frame/],
    ['another kind', '{"frame":"order"}', /frame\.frame/],
    ['a missing field', '{"frame":"hello"}', /frame\.proof/],
    ['a wrong field', JSON.stringify({ frame: 'hello', proof: 'canary value' }), /frame\.proof: must be a compact JWS/],
    ['a field too many', JSON.stringify({ frame: 'hello', proof: 'a.b.c', extra: 1 }), /frame\.extra/],
    ['binary', Buffer.from('{"frame":"hello","proof":"a.b.c"}'), /must be text/],
  ])('%s', async (_what, bytes, message) => {
    const terminal = stage.connect(here);
    await terminal.frame('challenge');
    terminal.socket.send(bytes);
    const refused = await terminal.frame('refused');
    expect(refused.code).toBe('terminal-relay.frame_not_valid');
    expect(refused.message).toMatch(message);
    expect(refused.message).not.toContain('canary');
    expect(await terminal.end()).toBe(1008);
  });
  it('one that is not expected now', async () => {
    const early = stage.connect(here);
    await early.frame('challenge');
    early.send({ frame: 'result', orderId: OrderId.generate(), jwe: SEALED });
    expect(await early.frame('refused')).toMatchObject({
      code: 'terminal-relay.frame_not_expected',
      message: expect.stringContaining('result'),
    });
    const late = await stage.attach(here);
    late.send({ frame: 'hello', proof: 'a.b.c' });
    expect((await late.frame('refused')).code).toBe('terminal-relay.frame_not_expected');
  });
  it('one that is too large ends the link before it is read', async () => {
    const terminal = await stage.attach(here);
    terminal.socket.send('x'.repeat(3_200_000));
    expect([1009, 1006]).toContain(await terminal.end());
    await waitFor(async () => (await stage.session(terminal.sessionId)).reason === 'misbehaved');
  });
  it('too many of them', async () => {
    const terminal = await stage.attach(here);
    for (let i = 0; i < 300; i++) terminal.send({ frame: 'taken', orderId: OrderId.generate() });
    expect((await terminal.frame('refused')).code).toBe('terminal-relay.too_many_frames');
  });
});

describe('enrolment', () => {
  it('A9 is carried as it is, and the receipt back', async () => {
    const jwk = (crv: string) => ({ kty: 'OKP', crv, x: randomToken(32) });
    const request = {
      codeId: randomToken(12),
      keys: { signing: jwk('Ed25519'), sealing: jwk('X25519') },
      nonce: randomToken(32),
      mac: randomToken(32),
      agent: { version: '1', platform: 'linux', hostname: 'pc' },
    };
    let seen: unknown;
    stage.onEnrol = (input) => {
      seen = input.request;
      return { receipt: 'r.e.c' };
    };
    const terminal = stage.connect(here);
    await terminal.frame('challenge');
    terminal.send({ frame: 'enrol', request });
    expect((await terminal.frame('enrolled')).receipt).toBe('r.e.c');
    expect(seen).toEqual(request);
    expect(await terminal.end()).toBe(1000);
    const second2 = { ...request, v: 2, agent: { ...request.agent, name: 'a', capabilities: ['x'] } };
    const other = stage.connect(here);
    await other.frame('challenge');
    other.send({ frame: 'enrol', request: second2 });
    await other.frame('enrolled');
    expect(seen).toEqual(second2);
    stage.onEnrol = () => {
      throw failure(enrolTerminal, 'mac_wrong', 'The request was changed.');
    };
    const second = stage.connect(here);
    await second.frame('challenge');
    second.send({ frame: 'enrol', request });
    expect(await second.frame('refused')).toMatchObject({ code: 'command-dispatcher.mac_wrong', message: 'The request was changed.' });
  });
});

describe('a session', () => {
  it('A9 is opened by the dispatcher for the challenge of this very link, and told as an event with its row', async () => {
    const terminalId = TerminalId.generate();
    let asked: { proof: string; challenge: string } | undefined;
    stage.onOpen = (input) => {
      asked = input;
      return { sessionId: SessionId.generate(), terminalId };
    };
    const terminal = stage.connect(here);
    const { challenge } = await terminal.frame('challenge');
    terminal.send({ frame: 'hello', proof: 'h.e.y' });
    const { sessionId } = await terminal.frame('welcome');
    expect(asked).toEqual({ proof: 'h.e.y', challenge });
    expect(await stage.session(sessionId)).toMatchObject({ terminal_id: terminalId, detached_at: null });
    const told = await waitFor(async () => {
      const { rows } = await stage.sql.query("SELECT * FROM outbox WHERE payload->>'sessionId' = $1 AND published_at IS NOT NULL", [
        sessionId,
      ]);
      return rows[0];
    });
    expect(told).toMatchObject({ subject: 'terminal-relay.terminal.attached.v1', payload: { terminalId, sessionId } });
  });
  it('what the dispatcher refuses, the terminal is told; what is away, it is told to come again', async () => {
    stage.onOpen = () => {
      throw new AppError('command-dispatcher.terminal_revoked', 'denied', 'The terminal was revoked.');
    };
    const revoked = stage.connect(here);
    await revoked.frame('challenge');
    revoked.send({ frame: 'hello', proof: 'a.b.c' });
    expect(await revoked.frame('refused')).toMatchObject({
      code: 'command-dispatcher.terminal_revoked',
      message: 'The terminal was revoked.',
    });
    stage.onOpen = () => {
      throw platformError('not_available', 'Postgres at 10.0.0.1 is away');
    };
    const early = stage.connect(here);
    await early.frame('challenge');
    early.send({ frame: 'hello', proof: 'a.b.c' });
    const refused = await early.frame('refused');
    expect(refused).toMatchObject({ code: 'platform.not_available', retryAfterMs: 2_000 });
    expect(refused.message).not.toContain('10.0.0.1');
  });
  it('A9 is closed when a newer one takes its place, or the terminal is revoked', async () => {
    const old = await stage.attach(here);
    await stage.dispatcher.request(closeSession, { sessionId: old.sessionId as SessionId, reason: 'replaced' });
    expect((await old.frame('refused')).code).toBe('terminal-relay.session_replaced');
    const revoked = await stage.attach(here);
    await stage.dispatcher.request(closeSession, { sessionId: revoked.sessionId as SessionId, reason: 'revoked' });
    expect((await revoked.frame('refused')).code).toBe('command-dispatcher.terminal_revoked');
    await waitFor(async () => (await stage.session(revoked.sessionId)).reason === 'revoked');
  });
  it('that is half open is found by its silence', async () => {
    const silent = await stage.attach(here, { autoPong: false });
    await waitFor(async () => (await stage.session(silent.sessionId)).reason === 'silent', { timeoutMs: 5_000 });
    expect(await codeOf(deliver(newOrder(silent.sessionId)))).toBe('platform.nobody_answers');
    const alive = await stage.attach(here);
    await new Promise((resolve) => alive.socket.once('ping', resolve));
    expect(alive.closed).toBeUndefined();
  });
});

describe('an order', () => {
  it('A1 reaches the terminal on whichever replica it is, as it was sealed', async () => {
    for (const relay of [here, there]) {
      const terminal = await stage.attach(relay);
      const order = newOrder(terminal.sessionId);
      const delivered = deliver(order);
      expect(await terminal.frame('order')).toMatchObject({ orderId: order.orderId, jwe: order.jwe });
      terminal.send({ frame: 'taken', orderId: order.orderId });
      expect(Date.parse((await delivered).takenAt)).toBeGreaterThan(0);
    }
  });
  it('A1 that the terminal does not take in time is away; and so is one whose terminal goes meanwhile', async () => {
    const terminal = await stage.attach(here);
    expect(await codeOf(deliver(newOrder(terminal.sessionId)))).toBe('terminal-relay.terminal_away');
    const leaving = await stage.attach(there);
    const delivered = codeOf(deliver(newOrder(leaving.sessionId)));
    await leaving.frame('order');
    leaving.socket.terminate();
    expect(await delivered).toBe('terminal-relay.terminal_away');
    expect(await codeOf(deliver(newOrder(leaving.sessionId)))).toBe('platform.nobody_answers');
  });
  it('A1 of a session that nobody holds finds nobody', async () => {
    expect(await codeOf(deliver(newOrder(undefined)))).toBe('platform.nobody_answers');
  });
  it('A1 that is larger than a frame is refused', async () => {
    const terminal = await stage.attach(here);
    const order = { ...newOrder(terminal.sessionId), jwe: `aaaa..bbbb.${'c'.repeat(3_200_000)}.dddd` };
    expect(await codeOf(deliver(order))).toBe('terminal-relay.order_too_large');
  });
  it('A1 given twice is answered twice', async () => {
    const terminal = await stage.attach(here);
    const order = newOrder(terminal.sessionId);
    const both = Promise.all([deliver(order), deliver(order)]);
    await terminal.frame('order');
    await terminal.frame('order');
    terminal.send({ frame: 'taken', orderId: order.orderId });
    expect(await both).toHaveLength(2);
  });
});

describe('a result', () => {
  const result = () => ({ frame: 'result', orderId: OrderId.generate(), jwe: SEALED });
  it('A4 is acknowledged only when the parser has stored it, and is carried as it was sealed', async () => {
    const terminal = await stage.attach(here);
    let store: () => void = () => undefined;
    let seen: unknown;
    stage.onResult = (input) => {
      seen = input;
      return new Promise((resolve) => {
        store = () => resolve({ stored: true });
      });
    };
    const frame = result();
    terminal.send(frame);
    await waitFor(() => seen);
    expect(seen).toEqual({ orderId: frame.orderId, jwe: SEALED, terminalId: expect.stringMatching(/^term_/) });
    expect(terminal.frames.some((one) => one.frame === 'ack')).toBe(false);
    store();
    expect((await terminal.frame('ack')).orderId).toBe(frame.orderId);
  });
  it('A4 that cannot be taken now is asked for again', async () => {
    const terminal = await stage.attach(here);
    stage.onResult = () => {
      throw platformError('not_available', 'away');
    };
    terminal.send(result());
    expect(await terminal.frame('retry')).toMatchObject({ afterMs: 1_000 });
    stage.onResult = () => {
      throw new Error('broken');
    };
    terminal.send(result());
    expect(await terminal.frame('retry')).toMatchObject({ afterMs: 5_000 });
  });
  it('A4 that will never be taken is discarded under the code of the parser', async () => {
    const terminal = await stage.attach(here);
    stage.onResult = () => {
      throw failure(acceptResult, 'result_refused', 'no');
    };
    terminal.send(result());
    expect((await terminal.frame('discard')).code).toBe('parser.result_refused');
    stage.onResult = () => {
      throw failure(acceptResult, 'order_not_open', 'no');
    };
    terminal.send(result());
    expect((await terminal.frame('discard')).code).toBe('parser.order_not_open');
  });
  it('beyond those that are carried at once has to wait', async () => {
    const terminal = await stage.attach(here);
    let store: () => void = () => undefined;
    stage.onResult = () =>
      new Promise((resolve) => {
        store = () => resolve({ stored: true });
      });
    const [first, second] = [result(), result()];
    terminal.send(first);
    terminal.send(second);
    expect((await terminal.frame('retry')).orderId).toBe(second.orderId);
    store();
    expect((await terminal.frame('ack')).orderId).toBe(first.orderId);
  });
});

describe('presence', () => {
  it('tells of terminals on any replica; unknown ones are left out; a dead replica does not count', async () => {
    const ids = [TerminalId.generate(), TerminalId.generate(), TerminalId.generate()] as const;
    const attachAs = (relay: Relay, terminalId: TerminalId) => {
      stage.onOpen = () => ({ sessionId: SessionId.generate(), terminalId });
      return stage.attach(relay);
    };
    const one = await attachAs(here, ids[0]);
    await attachAs(there, ids[1]);
    const ask = async () => {
      const { terminals } = await stage.dispatcher.request(getPresence, { terminalIds: [...ids] });
      return Object.fromEntries(terminals.map(({ terminalId, attached }) => [terminalId, attached]));
    };
    expect(await ask()).toEqual({ [ids[0]]: true, [ids[1]]: true });
    one.socket.close();
    await waitFor(async () => (await ask())[ids[0]] === false);
    await stage.sql.query("UPDATE sessions SET last_seen_at = now() - interval '1 hour' WHERE terminal_id = $1", [ids[1]]);
    expect((await ask())[ids[1]]).toBe(false);
  });
});

describe('a replica that ends', () => {
  it('sends its terminals elsewhere, answers what it holds, and leaves no session behind', async () => {
    const leaving = await stage.startRelay();
    const terminal = await stage.attach(leaving);
    const delivered = codeOf(deliver(newOrder(terminal.sessionId)));
    await terminal.frame('order');
    await stage.stopRelay(leaving);
    expect(await terminal.end()).toBe(1012);
    expect(await delivered).toBe('terminal-relay.terminal_away');
    expect(await stage.session(terminal.sessionId)).toMatchObject({ reason: 'draining', detached_at: expect.any(Date) });
    expect(await codeOf(deliver(newOrder(terminal.sessionId)))).toBe('platform.nobody_answers');
  });
});

describe('a relay in the wrong hands', () => {
  it('A7 holds no key that signs or opens, with all its configuration', () => {
    const { pki } = stage.platform;
    const forbidden = [pki.root, pki.order, pki.result, pki.connector, pki.internal].map(({ privateJwk }) => privateJwk.d);
    forbidden.push(readFileSync(pki.storageKeyFile, 'utf8'));
    const environment = stage.environment();
    expect(Object.keys(environment).every((key) => key in configSchema.shape)).toBe(true);
    const files = Object.keys(configSchema.shape).filter((key) => key.endsWith('_FILE') || key.endsWith('_DIR'));
    expect(files.toSorted()).toEqual([
      'DATABASE_PASSWORD_FILE',
      'HTTP_TLS_CERT_FILE',
      'HTTP_TLS_KEY_FILE',
      'INTERNAL_JWKS_FILE',
      'NATS_CA_FILE',
      'NATS_NKEY_FILE',
    ]);
    for (const key of Object.keys(configSchema.shape)) {
      const value = environment[key] ?? '';
      const held = key.endsWith('_FILE') && value !== '' ? readFileSync(value, 'utf8') : value;
      for (const secret of forbidden) expect(held.includes(secret)).toBe(false);
      const json = held.startsWith('{') ? (JSON.parse(held) as { keys?: unknown[] }) : {};
      for (const jwk of [json, ...(json.keys ?? [])])
        expect([PrivateSigningJwk.safeParse(jwk).success, PrivateSealingJwk.safeParse(jwk).success]).toEqual([false, false]);
    }
  });
  it('A7 does not even have the code: of the crypto library it uses random tokens alone', () => {
    const source = join(import.meta.dirname, '..', 'src');
    const imports = readdirSync(source, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.includes('generated'))
      .flatMap((name) => [...readFileSync(join(source, name), 'utf8').matchAll(/import \{([^}]*)\} from '@enishi\/crypto'/g)])
      .map((match) => match[1]?.trim());
    expect(imports).toEqual(['randomToken']);
  });
});
