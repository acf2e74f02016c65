/**
 * The dispatcher on real NATS and Postgres. The other parties are stood in for by their contracts on the real bus:
 * a relay that holds one session per terminal, a terminal with its own keys, a parser that tells what it has read.
 */
import { readConfig } from '@enishi/config';
import {
  type AgentKeys,
  type ConnectionId,
  closeSession,
  commitRun,
  deliverOrder,
  type EnrolmentRequest,
  EventId,
  enrolTerminal,
  HolderId,
  Order,
  type OrderId,
  type Out,
  openSession,
  type Payload,
  pageRead,
  type RunId,
  type RunProgress,
  type SessionId,
  type TerminalId,
  terminalAttached,
} from '@enishi/contracts';
import {
  enrolmentMac,
  generateSealingKey,
  generateSigningKey,
  ORDER_TYP,
  open,
  parseEnrolmentCode,
  randomToken,
  SESSION_TYP,
  sign,
  verifyCertified,
} from '@enishi/crypto';
import { AppError, failure } from '@enishi/errors';
import type { RunningService } from '@enishi/http';
import type { AddressedAnswer, Bus } from '@enishi/messaging';
import { startService } from '@enishi/service';
import { type FreshPlatform, freshPlatform, type HttpAnswer, tokenFor, waitFor } from '@enishi/testing';
import type pg from 'pg';
import { commandDispatcher } from '../src/app.module.js';
import { type Config, configSchema } from '../src/config.js';
import { sampleConnector } from './sample-connector.js';

const SCOPES = 'terminals connections runs';
export type Page = Partial<Omit<Payload<typeof pageRead>, 'orderId' | 'runId'>>;

export class Stage {
  private readonly dispatchers: RunningService[] = [];

  private constructor(
    readonly platform: FreshPlatform,
    /** Speaks as terminal-relay does. */
    readonly relay: Bus,
    readonly parser: StandInParser,
    readonly sql: pg.Pool,
    private readonly settings: Record<string, string>,
  ) {}

  static async open(settings: Record<string, string> = {}): Promise<Stage> {
    const platform = await freshPlatform({ services: ['command-dispatcher'] });
    const parser = new StandInParser(await platform.bus('parser'));
    const stage = new Stage(platform, await platform.bus('terminal-relay'), parser, platform.sql('command-dispatcher'), settings);
    stage.signConnector(sampleConnector());
    return stage;
  }

  signConnector(connector: unknown): void {
    this.platform.signConnector(connector);
  }

  environment(extra: Record<string, string> = {}): Record<string, string> {
    const { pki, connectorsDir } = this.platform;
    return {
      ...this.platform.environmentOf('command-dispatcher'),
      ROOT_FILE: pki.rootFile,
      ORDER_KEY_FILE: pki.orderKeyFile,
      ORDER_KEY_STATEMENT_FILE: pki.orderKeyStatementFile,
      RESULT_KEY_STATEMENT_FILE: pki.resultKeyStatementFile,
      STORAGE_KEY_FILE: pki.storageKeyFile,
      CONNECTORS_DIR: connectorsDir,
      SWEEP_INTERVAL_MS: '50',
      ...this.settings,
      ...extra,
    };
  }

  /** `overrides` may go below what the configuration allows, so that a test need not wait. */
  async startDispatcher(extra: Record<string, string> = {}, overrides: Partial<Config> = {}): Promise<RunningService> {
    const config = { ...readConfig(configSchema, this.environment(extra)), ...overrides };
    const running = await startService(commandDispatcher, config, { signals: false });
    this.dispatchers.push(running);
    return running;
  }

  async stopDispatcher(running: RunningService): Promise<void> {
    this.dispatchers.splice(this.dispatchers.indexOf(running), 1);
    await running.stop();
  }

  get url(): string {
    const [first] = this.dispatchers;
    if (first === undefined) throw new Error('no dispatcher runs');
    return first.url;
  }

  /** `headers` are added; `at` is another dispatcher than the first. */
  call(
    holder: HolderId,
    method: string,
    path: string,
    body?: unknown,
    { headers = {}, at = this.url }: { headers?: Record<string, string>; at?: string } = {},
  ): Promise<HttpAnswer> {
    return this.platform.call(at, { service: 'command-dispatcher', holder, method, path, scope: SCOPES, body, headers });
  }

  /** The events of a watched run until the stream ends. */
  async watch(holder: HolderId, runId: string, lastEventId?: number): Promise<RunProgress[]> {
    return progressIn(await (await this.openWatch(holder, runId, lastEventId)).text());
  }

  async openWatch(holder: HolderId, runId: string, lastEventId?: number, signal?: AbortSignal): Promise<Response> {
    const answer = await fetch(`${this.url}/v1/runs/${runId}/events`, {
      signal: signal ?? null,
      headers: {
        authorization: `Bearer ${tokenFor(this.platform.pki, { service: 'command-dispatcher', holder, scope: SCOPES })}`,
        accept: 'text/event-stream',
        ...(lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) }),
      },
    });
    if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
    return answer;
  }

  /** A holder with an enrolled, attached terminal and a connection to the sample bank. */
  async cast(): Promise<{ holder: HolderId; terminal: StandInTerminal; connectionId: ConnectionId }> {
    const holder = HolderId.generate();
    const code = (await this.call(holder, 'POST', '/v1/enrolment-codes', { label: 'PC' })).body.code as string;
    const terminal = new StandInTerminal(this);
    await terminal.enrol(code);
    await terminal.attach();
    const connection = await this.call(holder, 'POST', '/v1/connections', {
      connectorId: 'sample-bank',
      terminalId: terminal.terminalId,
      label: 'Salary',
    });
    if (connection.status !== 201) throw new Error(JSON.stringify(connection));
    return { holder, terminal, connectionId: connection.body.connectionId };
  }

  async startRun(holder: HolderId, connectionId: string): Promise<RunId> {
    const answer = await this.call(holder, 'POST', `/v1/connections/${connectionId}/runs`, {});
    if (answer.status !== 202) throw new Error(JSON.stringify(answer));
    return answer.body.runId;
  }

  /** The run once it has ended. */
  async ended(holder: HolderId, runId: string, timeoutMs = 15_000) {
    return waitFor(
      async () => {
        const { body } = await this.call(holder, 'GET', `/v1/runs/${runId}`);
        return body.endedAt !== null && body;
      },
      { timeoutMs, what: 'the end of the run' },
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.dispatchers.splice(0).map((running) => running.stop()));
    await this.platform.stop();
  }
}

export function progressIn(stream: string): RunProgress[] {
  return stream
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => JSON.parse(line.slice(5)) as RunProgress);
}

/** What the bank says to each request of the sample connector, when all is well: two accounts, the first with two pages. */
export const GOOD_BANK: Record<string, (order: Order) => Page> = {
  loginForm: () => ({ page: 'loginPage', facts: { token: 'tok1' } }),
  login: () => ({
    page: 'menu',
    lists: {
      accounts: [
        { account: '111', kind: 'ordinary' },
        { account: '222', kind: 'ordinary' },
        { account: '333', kind: 'card' },
      ],
    },
  }),
  history: (order) =>
    new URL(order.url).searchParams.get('account') === '111'
      ? { page: 'historyPage', verdict: 'more_needed', facts: { nextPage: '2' }, rows: 20, fingerprint: 'h111-1' }
      : { page: 'historyPage', verdict: 'empty_proven', rows: 0, fingerprint: 'h222' },
  historyNext: () => ({ page: 'historyPage', verdict: 'complete', rows: 3, fingerprint: 'h111-2' }),
  logout: () => ({ page: 'bye' }),
};
/** What the good bank is asked, in order. */
export const GOOD_ORDERS = ['loginForm', 'login', 'history', 'historyNext', 'history', 'logout'];

/** A PC with an agent that executes each order id once, as the real one does by its disk. */
export class StandInTerminal {
  readonly keys = { signing: generateSigningKey(), sealing: generateSealingKey() };
  terminalId!: TerminalId;
  sessionId: SessionId | undefined;
  sessionNonce = '';
  /** Every delivery, also of the same order again. */
  readonly delivered: Order[] = [];
  /** Orders executed, in order. */
  readonly executed: Order[] = [];
  closedBecause: string | undefined;
  bank: Record<string, (order: Order) => Page | null> = { ...GOOD_BANK };
  /** Called when an order arrives, before it is taken; may throw. */
  onDeliver: (order: Order) => void | Promise<void> = () => undefined;
  credentials: Record<string, string> = {};
  private readonly answered = new Map<OrderId, Page | null>();
  private answers: AddressedAnswer[] = [];

  constructor(private readonly stage: Stage) {}

  /** As an agent of v1 asks; `change` is what happens to it on the way. */
  request(code: string, change: Partial<EnrolmentRequest> = {}): EnrolmentRequest {
    const { codeId, secret, rootThumbprint } = parseEnrolmentCode(code);
    const keys = { signing: this.keys.signing.publicJwk, sealing: this.keys.sealing.publicJwk };
    const request = { codeId, keys, nonce: randomToken(32), agent: { version: '1.0.0', platform: 'linux', hostname: 'pc' } };
    return { ...request, mac: enrolmentMac(secret, request, rootThumbprint), ...change } as EnrolmentRequest;
  }

  /** As an agent of v2 asks, which vouches for what it says of itself; `keys` are those that it made. */
  request2(code: string, keys?: AgentKeys) {
    const { codeId, secret, rootThumbprint } = parseEnrolmentCode(code);
    const agent = { name: 'enishi-agent', version: '2.0.0', platform: 'linux', hostname: 'pc', capabilities: ['login-limit'] };
    const own = { signing: this.keys.signing.publicJwk, sealing: this.keys.sealing.publicJwk };
    const request = { v: 2, codeId, keys: keys ?? own, nonce: randomToken(32), agent } as const;
    return { ...request, mac: enrolmentMac(secret, request, rootThumbprint) };
  }

  async enrol(code: string): Promise<Out<typeof enrolTerminal>> {
    const reply = await this.stage.relay.request(enrolTerminal, { request: this.request(code) });
    const [, payload = ''] = reply.receipt.split('.');
    this.terminalId = JSON.parse(Buffer.from(payload, 'base64url').toString()).terminalId;
    return reply;
  }

  proof(challenge: string, sessionNonce = randomToken(32), key = this.keys.signing.privateJwk): string {
    this.sessionNonce = sessionNonce;
    const clock = Math.floor(Date.now() / 1000);
    const content = { terminalId: this.terminalId, challenge, sessionNonce, agentVersion: '1.0.0', clock, credentials: this.credentials };
    return sign(content, key, { typ: SESSION_TYP });
  }

  /** Opens a session and answers for it; `announce` tells the dispatcher as the relay's outbox does. */
  async attach({ announce = true } = {}): Promise<void> {
    const challenge = randomToken(32);
    const { sessionId } = await this.stage.relay.request(openSession, { proof: this.proof(challenge), challenge });
    this.sessionId = sessionId;
    this.answers = [
      this.stage.relay.answerAddressed(deliverOrder, sessionId, (input) => this.take(input.orderId, input.jwe)),
      this.stage.relay.answerAddressed(closeSession, sessionId, ({ reason }) => {
        this.closedBecause = reason;
        return { closed: true as const };
      }),
    ];
    if (announce) await this.announce();
  }

  async announce(): Promise<void> {
    if (this.sessionId === undefined) throw new Error('not attached');
    const payload = { terminalId: this.terminalId, sessionId: this.sessionId, attachedAt: new Date().toISOString() };
    await this.stage.relay.publish({ id: EventId.generate(), subject: terminalAttached.subject, payload });
  }

  async detach(): Promise<void> {
    await Promise.all(this.answers.splice(0).map((answer) => answer.stop()));
  }

  private async take(orderId: OrderId, jwe: string): Promise<Out<typeof deliverOrder>> {
    const jws = (await open(jwe, this.keys.sealing.privateJwk)).toString();
    const root = JSON.parse(Buffer.from(this.stage.platform.pki.root.statement.split('.')[1] ?? '', 'base64url').toString());
    const { payload: order } = verifyCertified(jws, root, {
      use: 'order',
      typ: ORDER_TYP,
      schema: Order,
      nowSeconds: Math.floor(Date.now() / 1000),
    });
    if (order.orderId !== orderId) throw new Error('the order has another id than its delivery');
    this.delivered.push(order);
    await this.onDeliver(order);
    if (!this.answered.has(orderId)) {
      this.executed.push(order);
      this.answered.set(orderId, this.bank[order.request]?.(order) ?? null);
    }
    const page = this.answered.get(orderId);
    if (page) setImmediate(() => void this.stage.parser.read(order, page).catch(() => undefined));
    return { takenAt: new Date().toISOString() };
  }

  static away(): never {
    throw failure(deliverOrder, 'terminal_away', 'gone');
  }
}

export class StandInParser {
  commits = 0;
  onCommit: () => Out<typeof commitRun> | Promise<Out<typeof commitRun>> = () => ({ accounts: [] });

  constructor(readonly bus: Bus) {
    bus.subscribe(commitRun.subject, {
      queue: 'parser',
      callback: (error, message) => {
        if (error !== null) return;
        bus.answering.answer(commitRun, message, () => {
          this.commits += 1;
          return this.onCommit();
        });
      },
    });
  }

  /** Tells that the answer to `order` was read. */
  async read(order: Pick<Order, 'orderId' | 'runId' | 'request'>, page: Page, id: string = EventId.generate()): Promise<void> {
    const payload: Payload<typeof pageRead> = {
      orderId: order.orderId,
      runId: order.runId,
      page: null,
      verdict: 'not_a_statement',
      facts: {},
      lists: {},
      cause: null,
      detail: null,
      fingerprint: order.request,
      rows: 0,
      credentialVersion: 'v1',
      ...page,
    };
    await this.bus.publish({ id, subject: pageRead.subject, payload });
  }
}

/** The code of the AppError that a promise ends in. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );
}
