/** A relay for tests: real TLS and WebSocket, the dispatcher's checks behind it, and every frame kept for the test to look at. */
import type { OutgoingHttpHeaders } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import {
  AgentFrame,
  type AgentKeys,
  EnrolmentReceipt,
  SessionId,
  SessionProof,
  TERMINAL_PATH,
  TERMINAL_SUBPROTOCOL,
  TerminalId,
} from '@enishi/contracts';
import {
  agentHash,
  createEnrolmentCode,
  ENROLMENT_TYP,
  enrolmentMac,
  randomToken,
  SESSION_TYP,
  sameSecret,
  sign,
  verify,
} from '@enishi/crypto';
import type { KeyAndCert } from '@enishi/infra';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Platform } from './platform.js';

export interface RelaySession {
  readonly socket: WebSocket;
  readonly proof: SessionProof;
  readonly nonce: string;
  sequence: number;
  readonly closed: Promise<{ code: number }>;
}

type Watcher = { fits: (frame: AgentFrame) => boolean; resolve: (frame: AgentFrame) => void };

export class TestRelay {
  readonly frames: AgentFrame[] = [];
  readonly sessions: RelaySession[] = [];
  terminalId: TerminalId = TerminalId.generate();
  keys: AgentKeys | undefined;
  /** Answer to each `result`; a test replaces it. */
  onResult: (frame: AgentFrame & { frame: 'result' }, socket: WebSocket) => void = (frame, socket) =>
    socket.send(JSON.stringify({ frame: 'ack', orderId: frame.orderId }));
  /** Answer to `hello` other than `welcome`. */
  refusal: { code: string; message: string; retryAfterMs?: number } | undefined;
  /** Dies after it has bound the keys. */
  loseNextReceipt = false;
  /** Changes a receipt before it is sent (a hostile relay). */
  bendReceipt: (receipt: string) => string = (receipt) => receipt;
  private watchers: Watcher[] = [];
  private sessionWatchers: ((session: RelaySession) => void)[] = [];
  private seen = new Set<AgentFrame>();
  private codes = new Map<string, { secret: string }>();

  private constructor(
    readonly platform: Platform,
    private readonly server: Server,
    private readonly sockets: WebSocketServer,
  ) {
    sockets.on('connection', (socket) => this.attend(socket));
  }

  static async start(platform: Platform, certificate: KeyAndCert, port = 0): Promise<TestRelay> {
    const server = createServer({ key: certificate.keyPem, cert: certificate.certPem });
    const sockets = new WebSocketServer({
      server,
      path: TERMINAL_PATH,
      handleProtocols: (offered) => (offered.has(TERMINAL_SUBPROTOCOL) ? TERMINAL_SUBPROTOCOL : false),
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return new TestRelay(platform, server, sockets);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }
  get url(): string {
    return `wss://localhost:${this.port}`;
  }

  enrolmentCode(platform = this.platform): string {
    const { code, codeId, secret } = createEnrolmentCode(platform.thumbprint);
    this.codes.set(codeId, { secret });
    return code;
  }

  private attend(socket: WebSocket): void {
    const challenge = randomToken(32);
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      const frame = AgentFrame.parse(JSON.parse(data.toString('utf8')));
      this.frames.push(frame);
      if (frame.frame === 'enrol') this.enrol(frame, socket);
      if (frame.frame === 'hello') this.greet(frame.proof, challenge, socket);
      if (frame.frame === 'result') this.onResult(frame, socket);
      this.look();
    });
    socket.send(JSON.stringify({ frame: 'challenge', challenge }));
  }

  private enrol({ request }: AgentFrame & { frame: 'enrol' }, socket: WebSocket): void {
    const code = this.codes.get(request.codeId);
    const mac = code && enrolmentMac(code.secret, request, this.platform.thumbprint);
    if (!mac || !sameSecret(mac, request.mac))
      return socket.send(JSON.stringify({ frame: 'refused', code: 'command-dispatcher.mac_wrong', message: 'the code does not fit' }));
    if (this.loseNextReceipt) {
      this.loseNextReceipt = false;
      this.keys = request.keys;
      return socket.terminate();
    }
    this.codes.delete(request.codeId);
    this.keys = request.keys;
    const receipt = EnrolmentReceipt.parse({
      terminalId: this.terminalId,
      keys: request.keys,
      nonce: request.nonce,
      ...('v' in request ? { agentHash: agentHash(request.agent) } : {}),
      iat: Math.floor(Date.now() / 1000),
    });
    const header = { key: this.platform.orderStatement, root: this.platform.root.statement };
    const jws = sign(receipt, this.platform.dispatcher.privateJwk, { typ: ENROLMENT_TYP, header });
    socket.send(JSON.stringify({ frame: 'enrolled', receipt: this.bendReceipt(jws) }));
  }

  private greet(proofJws: string, challenge: string, socket: WebSocket): void {
    if (this.refusal) return socket.send(JSON.stringify({ frame: 'refused', ...this.refusal }));
    if (!this.keys) throw new Error('no terminal is enrolled');
    const { payload } = verify(proofJws, this.keys.signing, SESSION_TYP, SessionProof);
    if (payload.challenge !== challenge || payload.terminalId !== this.terminalId) throw new Error('the proof is not of this session');
    const closed = new Promise<{ code: number }>((resolve) => socket.on('close', (code) => resolve({ code })));
    const session: RelaySession = { socket, proof: payload, nonce: payload.sessionNonce, sequence: 0, closed };
    this.sessions.push(session);
    socket.send(JSON.stringify({ frame: 'welcome', sessionId: SessionId.generate() }));
    for (const watcher of this.sessionWatchers.splice(0)) watcher(session);
  }

  /** The next frame that fits, from now on or not looked at yet; each frame is given once. */
  next<F extends AgentFrame['frame']>(
    kind: F,
    fits: (frame: AgentFrame & { frame: F }) => boolean = () => true,
  ): Promise<AgentFrame & { frame: F }> {
    return new Promise((resolve) => {
      const whole = (frame: AgentFrame) => frame.frame === kind && fits(frame as AgentFrame & { frame: F });
      this.watchers.push({ fits: whole, resolve: resolve as (frame: AgentFrame) => void });
      this.look();
    });
  }

  private look(): void {
    for (const watcher of this.watchers) {
      const found = this.frames.find((frame) => !this.seen.has(frame) && watcher.fits(frame));
      if (!found) continue;
      this.seen.add(found);
      this.watchers = this.watchers.filter((other) => other !== watcher);
      watcher.resolve(found);
    }
  }

  /** The session after the `count` first ones. */
  session(count: number): Promise<RelaySession> {
    const there = this.sessions[count];
    if (there) return Promise.resolve(there);
    return new Promise((resolve) => {
      this.sessionWatchers.push((session) => resolve(this.sessions[count] ?? session));
    });
  }

  async send(session: RelaySession, order: Parameters<Platform['sealOrder']>[0], traceparent?: string): Promise<string> {
    if (!this.keys) throw new Error('no terminal is enrolled');
    const { orderId, jwe, orderHash } = await this.platform.sealOrder(order, this.keys.sealing);
    session.socket.send(JSON.stringify({ frame: 'order', orderId, jwe, traceparent }));
    return orderHash;
  }

  /** From the next connection on: TCP stays, but nothing is read, not even pings. */
  deafen(): void {
    this.sockets.once('connection', (socket) => socket.pause());
  }

  /** Sends `frame` on the next connection; the code with which the other end then closes. */
  nextClose(frame: string | Buffer): Promise<number> {
    return new Promise((resolve) => {
      this.sockets.once('connection', (socket) => {
        socket.on('close', resolve);
        socket.send(frame);
      });
    });
  }

  /** Answers the next upgrade with this status instead. */
  refuseUpgrade(status: number, retryAfterSeconds: number): void {
    this.sockets.options.verifyClient = (
      _info: unknown,
      done: (ok: boolean, code: number, message: string, headers: OutgoingHttpHeaders) => void,
    ) => {
      this.sockets.options.verifyClient = undefined;
      done(false, status, 'busy', { 'retry-after': String(retryAfterSeconds) });
    };
  }

  /** Resolves when the first connection has pinged this often. */
  afterPings(count: number): Promise<void> {
    return new Promise((resolve) => {
      let pings = 0;
      this.sockets.once('connection', (socket) =>
        socket.on('ping', () => {
          pings += 1;
          if (pings === count) resolve();
        }),
      );
    });
  }

  openResult(frame: AgentFrame & { frame: 'result' }) {
    if (!this.keys) throw new Error('no terminal is enrolled');
    return this.platform.openResult(frame.jwe, this.keys.signing);
  }

  async stop(): Promise<void> {
    for (const client of this.sockets.clients) client.terminate();
    this.sockets.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
