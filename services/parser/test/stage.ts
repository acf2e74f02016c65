/**
 * The parser on real NATS and Postgres, reading the example bank's own pages. The other parties are stood in for by
 * their contracts on the real bus: a dispatcher that knows orders, a relay that carries results, agents with own keys.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '@enishi/config';
import {
  acceptResult,
  ConnectionId,
  commitRun,
  connectionErased,
  EventId,
  getOrder,
  HolderId,
  OrderId,
  type Out,
  type Payload,
  type pageRead,
  type Result,
  RunId,
  runEnded,
  TerminalId,
} from '@enishi/contracts';
import { generateSigningKey, packResult, RESULT_TYP, randomToken, seal, sha256, sign } from '@enishi/crypto';
import { AppError, failure } from '@enishi/errors';
import type { RunningService } from '@enishi/http';
import type { Bus } from '@enishi/messaging';
import { startService } from '@enishi/service';
import { type FreshPlatform, freshPlatform, type HttpAnswer } from '@enishi/testing';
import type pg from 'pg';
import { parser } from '../src/app.module.js';
import { configSchema } from '../src/config.js';

const BANK = new URL('../../../examples/bank/', import.meta.url);
export const sample = (name: string): Buffer => readFileSync(new URL(`samples/${name}`, BANK));

export type KnownOrder = Out<typeof getOrder>;
type ResultClaims = Result;

/** One terminal of one holder, with its key. */
export class Agent {
  readonly terminalId = TerminalId.generate();
  readonly key = generateSigningKey();
}

export interface ShownEntry {
  transactionId: string;
  date: string;
  amount: string;
}

export class Stage {
  private readonly running: RunningService[] = [];
  readonly orders = new Map<string, KnownOrder>();
  readonly closed = new Set<string>();
  connectorHash = '';

  private constructor(
    readonly platform: FreshPlatform,
    readonly dispatcher: Bus,
    readonly relay: Bus,
    readonly sql: pg.Pool,
  ) {
    dispatcher.subscribe(getOrder.subject, {
      queue: 'command-dispatcher',
      callback: (error, message) => {
        if (error !== null) return;
        dispatcher.answering.answer(getOrder, message, (input) => {
          const { orderId } = getOrder.input.parse(input);
          const order = this.orders.get(orderId);
          if (!order) throw failure(getOrder, 'order_unknown', 'There is no such order.');
          if (this.closed.has(orderId)) throw failure(getOrder, 'order_closed', 'The order takes no result any more.');
          return order;
        });
      },
    });
  }

  static async open(): Promise<Stage> {
    const platform = await freshPlatform({ services: ['parser'] });
    const stage = new Stage(
      platform,
      await platform.bus('command-dispatcher'),
      await platform.bus('terminal-relay'),
      platform.sql('parser'),
    );
    writeFileSync(join(platform.dir, 'identity.key'), randomBytes(32).toString('base64url'));
    stage.connectorHash = platform.signConnector(JSON.parse(readFileSync(new URL('connector.json', BANK), 'utf8')));
    return stage;
  }

  environment(extra: Record<string, string> = {}): Record<string, string> {
    const { pki, dir, connectorsDir } = this.platform;
    return {
      ...this.platform.environmentOf('parser'),
      ROOT_FILE: pki.rootFile,
      RESULT_KEY_FILE: pki.resultKeyFile,
      IDENTITY_KEY_FILE: join(dir, 'identity.key'),
      CONNECTORS_DIR: connectorsDir,
      ...extra,
    };
  }

  async startParser(extra: Record<string, string> = {}): Promise<RunningService> {
    const running = await startService(parser, readConfig(configSchema, this.environment(extra)), { signals: false });
    this.running.push(running);
    return running;
  }

  /** An order that the dispatcher has open. */
  order(run: Run, request: string, params: Record<string, string> = {}): KnownOrder {
    const order: KnownOrder = {
      orderId: OrderId.generate(),
      runId: run.runId,
      connectionId: run.connectionId,
      holderId: run.holderId,
      terminalId: run.agent.terminalId,
      step: ++run.steps,
      request,
      params,
      period: { from: '2026-03-01', to: '2026-11-20' },
      agentKey: run.agent.key.publicJwk,
      orderHashes: [sha256(randomToken(8)), sha256(randomToken(8))],
      connectorId: 'tsubame-bank',
      connectorVersion: 1,
      connectorHash: this.connectorHash,
    };
    this.orders.set(order.orderId, order);
    return order;
  }

  /** What an honest agent seals; `change` and `key` make a dishonest one. */
  async sealed(
    order: KnownOrder,
    run: Run,
    body: Uint8Array,
    { status = 200, headers = {}, change = {}, key = run.agent.key.privateJwk, sent = body }: Dishonest = {},
  ): Promise<string> {
    const result: ResultClaims = {
      orderId: order.orderId,
      runId: order.runId,
      terminalId: order.terminalId,
      orderHash: order.orderHashes[1] as string,
      connectorHash: order.connectorHash,
      bodyHash: sha256(body),
      bodyBytes: body.length,
      outcome: { kind: 'response', status, headers, peerCertificateHash: sha256('certificate'), durationMs: 5 },
      credentialVersion: 'c1',
      ...change,
    };
    const resultKey = this.platform.pki.result.privateJwk;
    return seal(packResult(sign(result, key, { typ: RESULT_TYP }), sent), { kty: resultKey.kty, crv: resultKey.crv, x: resultKey.x });
  }

  accept(order: KnownOrder, jwe: string, terminalId = order.terminalId): Promise<Out<typeof acceptResult>> {
    return this.relay.request(acceptResult, { orderId: order.orderId, terminalId, jwe });
  }

  /** The bank answers `request` with this; the order is closed afterwards, as the dispatcher does. */
  async answer(
    run: Run,
    request: string,
    body: Uint8Array,
    type: string,
    params: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<KnownOrder> {
    const order = this.order(run, request, params);
    await this.accept(order, await this.sealed(order, run, body, { headers: { ...headers, 'content-type': type } }));
    this.closed.add(order.orderId);
    return order;
  }

  /** All answers of a whole run at the example bank: accounts page, Zengin file, CSV, eight pages of history, one proof of emptiness. */
  async answerAll(run: Run): Promise<void> {
    await this.answer(run, 'accounts', sample('accounts.html'), HTML);
    await this.answer(run, 'zengin', sample('ordinary.zengin'), FILE, { account: 'C7B350C20EEC' });
    await this.answer(run, 'csv', sample('current.csv'), 'text/csv; charset=Shift_JIS', { account: '9E1BC8AFCE40' });
    for (let page = 1; page <= 8; page++)
      await this.answer(run, page === 1 ? 'history' : 'historyNext', sample(`history-${page}.html`), HTML, { account: 'D30551082FB6' });
    await this.answer(run, 'history', sample('empty.html'), HTML, { account: 'CD9E6A9F719D' });
  }

  commit({ runId, connectionId, holderId }: Run): Promise<Out<typeof commitRun>> {
    return this.dispatcher.request(commitRun, { runId, connectionId, holderId });
  }

  async endRun({ runId, connectionId, holderId }: Run, outcome: 'finished' | 'failed'): Promise<void> {
    const payload: Payload<typeof runEnded> = {
      runId,
      connectionId,
      holderId,
      outcome,
      cause: outcome === 'failed' ? 'BANK_DOWN' : null,
      endedAt: new Date().toISOString(),
    };
    await this.dispatcher.publish({ id: EventId.generate(), subject: runEnded.subject, payload });
  }

  async erase({ connectionId, holderId }: Run): Promise<void> {
    const payload = { connectionId, holderId, erasedAt: new Date().toISOString() };
    await this.dispatcher.publish({ id: EventId.generate(), subject: connectionErased.subject, payload });
  }

  /** Facts that the parser has told of this order. */
  async told(orderId: string): Promise<Payload<typeof pageRead>[]> {
    const { rows } = await this.sql.query("SELECT payload FROM outbox WHERE payload->>'orderId' = $1", [orderId]);
    return rows.map((row) => row.payload);
  }

  async count(table: string, where = 'true', ...values: unknown[]): Promise<number> {
    const { rows } = await this.sql.query(`SELECT count(*)::int AS n FROM ${table} WHERE ${where}`, values);
    return rows[0].n;
  }

  call(
    holder: HolderId,
    method: string,
    path: string,
    { client = 'phone', scope = 'accounts:read access:manage', body }: { client?: string; scope?: string; body?: unknown } = {},
  ): Promise<HttpAnswer> {
    return this.platform.call(this.running[0]?.url ?? '', { service: 'parser', holder, method, path, client, scope, body });
  }

  /** The holder lets the client see all, or these accounts. */
  allow(run: Run, client: string, accounts: 'all' | string[] = 'all', since: string | null = null): Promise<HttpAnswer> {
    return this.call(run.holderId, 'PUT', `/v1/access/${client}`, { body: { accounts, since } });
  }

  async entriesOf(run: Run, accountId: string, client = 'phone', query = ''): Promise<ShownEntry[]> {
    return (await this.call(run.holderId, 'GET', `/v1/accounts/${accountId}/transactions?limit=500${query}`, { client })).body.transactions;
  }

  async close(): Promise<void> {
    await Promise.all(this.running.splice(0).map((running) => running.stop()));
    await this.platform.stop();
  }
}

export const HTML = 'text/html; charset=Shift_JIS';
export const FILE = 'application/octet-stream';

interface Dishonest {
  status?: number;
  headers?: Record<string, string>;
  change?: Partial<ResultClaims>;
  key?: Agent['key']['privateJwk'];
  /** The body really sent, when it is not the one that was signed. */
  sent?: Uint8Array;
}

export class Run {
  readonly runId = RunId.generate();
  steps = 0;
  constructor(
    readonly holderId = HolderId.generate(),
    readonly agent = new Agent(),
    readonly connectionId = ConnectionId.generate(),
  ) {}
  /** The next run of the same connection. */
  again(): Run {
    return new Run(this.holderId, this.agent, this.connectionId);
  }
}

/** The code of the AppError that a promise ends in. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );
}
