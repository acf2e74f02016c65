/**
 * Relays on real NATS and Postgres behind real TLS. Dispatcher and parser are stood in for by their contracts on the
 * real bus; terminals are bare WebSockets, so that they can also say what no agent would.
 */
import { readFileSync } from 'node:fs';
import { readConfig } from '@enishi/config';
import {
  acceptResult,
  enrolTerminal,
  type In,
  OrderId,
  type Out,
  openSession,
  RelayFrame,
  SessionId,
  TERMINAL_PATH,
  TERMINAL_SUBPROTOCOL,
  TerminalId,
} from '@enishi/contracts';
import type { RunningService } from '@enishi/http';
import type { Bus } from '@enishi/messaging';
import { startService } from '@enishi/service';
import { type FreshPlatform, freshPlatform, waitFor } from '@enishi/testing';
import type pg from 'pg';
import { type ClientOptions, WebSocket } from 'ws';
import { AcceptTerminals } from '../src/accept-terminals/accept-terminals.js';
import { terminalRelay } from '../src/app.module.js';
import { configSchema } from '../src/config.js';

export type Relay = RunningService & { readonly terminalPort: number };

export class Stage {
  private readonly relays: Relay[] = [];
  private readonly terminals: Terminal[] = [];
  onEnrol: (input: In<typeof enrolTerminal>) => Out<typeof enrolTerminal> = () => ({ receipt: 'a.b.c' });
  onOpen: (input: In<typeof openSession>) => Out<typeof openSession> | Promise<Out<typeof openSession>> = () => ({
    sessionId: SessionId.generate(),
    terminalId: TerminalId.generate(),
  });
  onResult: (input: In<typeof acceptResult>) => Out<typeof acceptResult> | Promise<Out<typeof acceptResult>> = () => ({ stored: true });

  private constructor(
    readonly platform: FreshPlatform,
    readonly dispatcher: Bus,
    readonly parser: Bus,
    readonly sql: pg.Pool,
  ) {
    for (const contract of [enrolTerminal, openSession] as const)
      dispatcher.subscribe(contract.subject, {
        queue: 'command-dispatcher',
        callback: (_error, message) =>
          dispatcher.answering.answer(contract, message, (input) =>
            contract === enrolTerminal ? this.onEnrol(input as never) : this.onOpen(input as never),
          ),
      });
    parser.subscribe(acceptResult.subject, {
      queue: 'parser',
      callback: (_error, message) => parser.answering.answer(acceptResult, message, (input) => this.onResult(input as never)),
    });
  }

  static async open(): Promise<Stage> {
    const platform = await freshPlatform({ services: ['terminal-relay'] });
    return new Stage(platform, await platform.bus('command-dispatcher'), await platform.bus('parser'), platform.sql('terminal-relay'));
  }

  environment(extra: Record<string, string> = {}): Record<string, string> {
    const { pki } = this.platform;
    return {
      ...this.platform.environmentOf('terminal-relay'),
      HTTP_TLS_CERT_FILE: pki.tlsCertFile,
      HTTP_TLS_KEY_FILE: pki.tlsKeyFile,
      RELAY_PORT: '0',
      ...extra,
    };
  }

  async startRelay(extra: Record<string, string> = {}): Promise<Relay> {
    const running = await startService(terminalRelay, readConfig(configSchema, this.environment(extra)), { signals: false });
    const relay = { ...running, terminalPort: running.app.get(AcceptTerminals).port };
    this.relays.push(relay);
    return relay;
  }

  async stopRelay(relay: Relay): Promise<void> {
    this.relays.splice(this.relays.indexOf(relay), 1);
    await relay.stop();
  }

  connect(relay: Relay, options: Omit<ClientOptions, 'protocol'> & { path?: string; protocol?: string | null } = {}): Terminal {
    const { path = TERMINAL_PATH, protocol = TERMINAL_SUBPROTOCOL, ...rest } = options;
    const url = `wss://localhost:${relay.terminalPort}${path}`;
    const ca = readFileSync(this.platform.pki.tlsCaFile);
    const terminal = new Terminal(new WebSocket(url, protocol === null ? [] : [protocol], { ca, ...rest }));
    this.terminals.push(terminal);
    return terminal;
  }

  /** A terminal that has been welcomed. */
  async attach(relay: Relay, options: ClientOptions = {}): Promise<Terminal> {
    const terminal = this.connect(relay, options);
    await terminal.frame('challenge');
    terminal.send({ frame: 'hello', proof: 'a.b.c' });
    terminal.sessionId = (await terminal.frame('welcome')).sessionId;
    return terminal;
  }

  async session(sessionId: string | undefined) {
    return (await this.sql.query('SELECT * FROM sessions WHERE session_id = $1', [sessionId])).rows[0];
  }

  async close(): Promise<void> {
    for (const terminal of this.terminals) terminal.socket.terminate();
    await Promise.all(this.relays.splice(0).map((relay) => relay.stop()));
    await this.platform.stop();
  }
}

type FrameOf<F extends RelayFrame['frame']> = Extract<RelayFrame, { frame: F }>;

export class Terminal {
  readonly frames: RelayFrame[] = [];
  closed: { code: number } | undefined;
  /** Of an upgrade that was refused. */
  refusal: { status: number; retryAfter: string | undefined } | undefined;
  sessionId: SessionId | undefined;
  private read = 0;

  constructor(readonly socket: WebSocket) {
    socket.on('message', (data) => this.frames.push(RelayFrame.parse(JSON.parse((data as Buffer).toString()))));
    socket.on('close', (code) => {
      this.closed = { code };
    });
    socket.on('unexpected-response', (_request, response) => {
      this.refusal = { status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] };
      response.resume();
    });
    socket.on('error', () => undefined);
  }

  send(frame: unknown): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** The next frame, which must be of this kind. */
  async frame<F extends RelayFrame['frame']>(kind: F): Promise<FrameOf<F>> {
    const frame = await waitFor(() => this.frames[this.read], { what: `a frame ${kind}` });
    this.read += 1;
    if (frame.frame !== kind) throw new Error(`${kind} was expected, ${JSON.stringify(frame)} came`);
    return frame as FrameOf<F>;
  }

  async end(): Promise<number> {
    return (await waitFor(() => this.closed, { what: 'the end of the link' })).code;
  }
}

/** What looks like a sealed message: the relay knows no more of one. */
export const SEALED = 'aaaa..bbbb.cccc.dddd';
export const newOrder = (sessionId: SessionId | undefined) => ({
  sessionId: sessionId ?? SessionId.generate(),
  orderId: OrderId.generate(),
  jwe: SEALED,
});
