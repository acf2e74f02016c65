import { acceptResult, getOrder, type In, type Out, pageRead } from '@enishi/contracts';
import { AppError, failure, platformError } from '@enishi/errors';
import { Bus } from '@enishi/messaging';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config.js';
import { Connectors } from '../connectors.js';
import { Database, lockName } from '../database.store.js';
import { events } from '../events.js';
import { LedgerStore } from '../ledger.store.js';
import { PageStore } from '../page.store.js';
import { PLATFORM_KEYS, type PlatformKeys } from '../platform-keys.js';
import { type PageReading, readPage, unread } from '../read-page/read-page.js';
import { storableReading } from '../read-page/storable-reading.js';
import { type CheckedResult, checkResult, NotTheAnswer, type OpenOrder } from './check-result.js';

const DAY_MS = 86_400_000;

/**
 * A4: takes a sealed result, reads it, and stores page, staged rows and the fact in one transaction. Answers when that
 * is committed: the agent may then forget it. Dying before the commit, nothing has happened and the agent sends it
 * again; dying between commit and answer, the second is answered from the stored row.
 */
@Injectable()
export class AcceptResult {
  constructor(
    private readonly bus: Bus,
    private readonly database: Database,
    private readonly pages: PageStore,
    private readonly ledger: LedgerStore,
    private readonly connectors: Connectors,
    @Inject(PLATFORM_KEYS) private readonly keys: PlatformKeys,
    @Inject(CONFIG) private readonly config: Pick<Config, 'SEALED_PAGE_DAYS'>,
  ) {}

  async run({ orderId, terminalId, jwe }: In<typeof acceptResult>): Promise<Out<typeof acceptResult>> {
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
    const reading = this.read(connector, order, { result, body });
    const { orderId: id, runId, connectionId, holderId, step, request } = order;
    await this.database.transaction(async (tx) => {
      // An erasure that is under way is waited for: nothing may be stored behind its back.
      await lockName(tx, 'connection', connectionId);
      if (await this.ledger.isErased(tx, connectionId))
        throw failure(acceptResult, 'order_not_open', 'The order takes no result any more.');
      const { page, verdict, cause, detail, staged, facts, lists, rows } = reading;
      const { bodyHash: fingerprint, credentialVersion } = result;
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
        expiresAt: new Date(Date.now() + this.config.SEALED_PAGE_DAYS * DAY_MS),
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

  private read(connector: Parameters<typeof readPage>[0], order: OpenOrder, { result, body }: CheckedResult): PageReading {
    const { outcome } = result;
    if (outcome.kind === 'failed') return unread(outcome.cause, outcome.detail);
    // The day at the bank: Japan is 9 hours ahead of UTC.
    const fetchedOn = new Date(Date.now() + 9 * 3_600_000).toISOString().slice(0, 10);
    try {
      return storableReading(
        readPage(
          connector,
          { request: order.request, params: order.params, fetchedOn },
          { status: outcome.status, headers: outcome.headers, body },
        ),
      );
    } catch (error) {
      events.readerFailed(order, error);
      return unread('UNKNOWN_PAGE', 'the reader failed');
    }
  }
}
