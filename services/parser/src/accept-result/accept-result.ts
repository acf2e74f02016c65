import { acceptResult, bankDayOf, type Connector, getOrder, type In, type Out, pageRead } from '@enishi/contracts';
import { AppError, failure, platformError } from '@enishi/errors';
import { Bus } from '@enishi/messaging';
import { CONFIG } from '@enishi/service';
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config.js';
import { Connectors } from '../connectors.js';
import { Database, lockName } from '../database.store.js';
import { events } from '../events.js';
import { LedgerStore } from '../ledger.store.js';
import { PageStore } from '../page.store.js';
import { PLATFORM_KEYS, type PlatformKeys } from '../platform-keys.js';
import { unread } from '../read-page/read-page.js';
import type { ReadAnswer } from '../reading-threads/reading-job.js';
import { ReadingThreads } from '../reading-threads/reading-threads.js';
import { answeredAt } from './answered-at.js';
import { type CheckedResult, checkResult, NotTheAnswer, type OpenOrder } from './check-result.js';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/**
 * A4: takes a sealed result, reads it, and stores page, staged rows and the fact in one transaction. Answers when that
 * is committed: the agent may then forget it. Dying before the commit, nothing has happened and the agent sends it
 * again; dying between commit and answer, the second is answered from the stored row.
 */
@Injectable()
export class AcceptResult {
  /** The last that was asked of each order that is under way. */
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(
    private readonly bus: Bus,
    private readonly database: Database,
    private readonly pages: PageStore,
    private readonly ledger: LedgerStore,
    private readonly connectors: Connectors,
    private readonly readings: ReadingThreads,
    @Inject(PLATFORM_KEYS) private readonly keys: PlatformKeys,
    @Inject(CONFIG) private readonly config: Pick<Config, 'SEALED_PAGE_DAYS'>,
  ) {}

  /** One at a time of an order: the second finds what the first has stored, and is not read. */
  async run(input: In<typeof acceptResult>): Promise<Out<typeof acceptResult>> {
    const { orderId } = input;
    const take = () => this.take(input);
    const turn = (this.turns.get(orderId) ?? Promise.resolve()).then(take, take);
    this.turns.set(orderId, turn);
    try {
      return await turn;
    } finally {
      if (this.turns.get(orderId) === turn) this.turns.delete(orderId);
    }
  }

  private async take({ orderId, terminalId, jwe }: In<typeof acceptResult>): Promise<Out<typeof acceptResult>> {
    // Stored already: the order is closed by now, and the agent only missed our answer.
    if ((await this.pages.terminalOf(this.database.client, orderId)) === terminalId) {
      events.resultAgain({ orderId });
      return { stored: true };
    }
    const order = await this.openOrder(orderId);
    const { result, body } = await this.check(order, terminalId, jwe);
    const connector = this.connectors.find(order.connectorHash);
    // Signed and certified elsewhere, not here yet: the terminal keeps the result and comes again.
    if (!connector) throw platformError('not_available', 'The connector of this order is not here yet.');
    const startedAt = performance.now();
    const reading = await this.read(connector, order, { result, body });
    const { orderId: id, runId, connectionId, holderId, step, request } = order;
    await this.database.transaction(async (tx) => {
      // An erasure that is under way is waited for: nothing may be stored behind its back.
      await lockName(tx, 'connection', connectionId);
      if (await this.ledger.isErased(tx, connectionId))
        throw failure(acceptResult, 'order_not_open', 'The order takes no result any more.');
      const { page, verdict, cause, detail, staged, facts, lists, rows } = reading;
      const { bodyHash: fingerprint, credentialVersion, outcome } = result;
      const now = new Date();
      // An order follows on the answer before it, and a run takes no longer than its connector allows.
      const earliest = now.getTime() - connector.limits.maxMinutes * MINUTE_MS;
      const orderedAfter = new Date(Math.max(earliest, (await this.pages.lastReceivedAt(tx, runId))?.getTime() ?? 0));
      const fresh = await this.pages.keep(tx, {
        orderId: id,
        runId,
        connectionId,
        holderId,
        terminalId: order.terminalId,
        step,
        request,
        page,
        verdict,
        cause,
        detail,
        fingerprint,
        staged,
        connectorId: connector.id,
        institution: connector.institution,
        currency: connector.currency,
        sealed: jwe,
        answeredAt: answeredAt(outcome.kind === 'response' ? outcome.headers.date : undefined, { orderedAfter, now }),
        expiresAt: new Date(now.getTime() + this.config.SEALED_PAGE_DAYS * DAY_MS),
      });
      if (!fresh) return;
      await this.bus.emit(tx, pageRead, {
        orderId: id,
        runId,
        page,
        verdict,
        facts,
        lists,
        cause,
        detail,
        fingerprint,
        rows,
        credentialVersion,
      });
    });
    const { page, verdict, cause, detail, rows } = reading;
    events.pageRead({ orderId, runId, page, verdict, cause, detail, rows }, connector.id, (performance.now() - startedAt) / 1_000);
    return { stored: true };
  }

  private async openOrder(orderId: In<typeof getOrder>['orderId']): Promise<OpenOrder> {
    try {
      return await this.bus.request(getOrder, { orderId });
    } catch (error) {
      if (error instanceof AppError && ['command-dispatcher.order_unknown', 'command-dispatcher.order_closed'].includes(error.code))
        throw failure(acceptResult, 'order_not_open', 'The order takes no result any more.', { cause: error });
      // Away or slow: busy, so that the terminal keeps the result and comes again.
      throw error;
    }
  }

  private async check(order: OpenOrder, terminalId: string, jwe: string): Promise<CheckedResult> {
    try {
      return await checkResult(order, terminalId, jwe, this.keys.resultKeys);
    } catch (error) {
      if (!(error instanceof NotTheAnswer)) throw error;
      events.resultRefused({ orderId: order.orderId, terminalId }, error.why);
      // Why, is told to operators only: it would help a forger.
      throw failure(acceptResult, 'result_refused', 'This is not the answer to the order.', { cause: error });
    }
  }

  /**
   * A reading that a limit has ended is stored as a page that nobody knows: the terminal is told that it is stored, and the
   * run ends. @throws platform.not_available when there is no room: the terminal comes again
   */
  private async read(connector: Connector, order: OpenOrder, { result, body }: CheckedResult): Promise<ReadAnswer> {
    const { outcome } = result;
    if (outcome.kind === 'failed') return { ...unread(outcome.cause, outcome.detail), staged: null };
    const fetchedOn = bankDayOf(new Date());
    return this.readings.read(order.holderId, {
      connector,
      asked: { request: order.request, params: order.params, fetchedOn },
      response: { status: outcome.status, headers: outcome.headers, body },
    });
  }
}
