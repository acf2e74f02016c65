import { type Payload, pageRead } from '@enishi/contracts';
import { Injectable } from '@nestjs/common';
import { ConnectionStore } from '../connection.store.js';
import { Connectors } from '../connectors.js';
import { Database, type Tx } from '../database.store.js';
import { whyRunMustEnd } from '../drive-run/why-run-must-end.js';
import { EndRun } from '../end-run.js';
import { events } from '../events.js';
import { type LockedRun, RunStore, type StoredOrder, type StoredRun, wasAnswered } from '../run.store.js';
import { decide, refusesSecrets } from '../run-loop/decide.js';
import { TerminalStore } from '../terminal.store.js';

/**
 * A4: an answer was read. What follows from it is decided and stored in the transaction that also notes the event as
 * heard: dying anywhere in here, nothing has happened and the event comes again; after the commit, it is known.
 */
@Injectable()
export class HearPageRead {
  constructor(
    private readonly database: Database,
    private readonly runs: RunStore,
    private readonly connections: ConnectionStore,
    private readonly terminals: TerminalStore,
    private readonly connectors: Connectors,
    private readonly endRun: EndRun,
  ) {}

  async run(page: Payload<typeof pageRead>, tx: Tx): Promise<void> {
    const order = await this.runs.findOrder(tx, page.orderId);
    const known = await this.runs.find(tx, page.runId);
    // Erased: there is nothing left that it could change.
    if (order === null || known === null) return;
    // The connection before the run (see run.store.ts), and whether or not the run can go on.
    await this.stopIfRefused(tx, known, order, page);
    const run = await this.runs.lock(tx, page.runId);
    // Ended, or answered already: a late or second answer changes nothing of the run.
    if (run === null || run.endedAt !== null || run.currentOrderId !== page.orderId || order.closedAt !== null) return;
    await this.runs.closeOrder(tx, page.orderId);
    await this.runs.journal(tx, run.runId, 'read', order.step, {
      request: order.request,
      orderId: page.orderId,
      page: page.page,
      verdict: page.verdict,
      fingerprint: page.fingerprint,
      rows: page.rows,
      detail: page.detail,
    });
    const seconds = (Date.now() - order.createdAt.getTime()) / 1_000;
    this.database.afterCommit(tx, () =>
      events.pageRead({ runId: run.runId, orderId: page.orderId, page: page.page, verdict: page.verdict }, run.connectorId, seconds),
    );
    await this.goOn(tx, run, order, page);
  }

  /**
   * One rejected login stops the connection: a second might lock the person out at the bank. Judged by the connector
   * that is here now, which may be a newer version than the one that the run began with.
   */
  private async stopIfRefused(tx: Tx, run: StoredRun, order: StoredOrder, page: Payload<typeof pageRead>): Promise<void> {
    const connector = this.connectors.find(run.connectorId)?.connector;
    const refused = connector === undefined ? page.cause === 'CREDENTIALS_REJECTED' : refusesSecrets(connector, order.asked, page);
    if (!refused || wasAnswered(run, order)) return;
    if ((await this.connections.lock(tx, run.connectionId)) === null) return;
    // Read under the lock: a hello that tells of other secrets is either seen here, or finds the connection stopped.
    const terminal = await this.terminals.find(tx, run.terminalId);
    const told = terminal?.credentials[run.connectionId];
    // Told after the order was made: the person has corrected the secrets since they were tried.
    const toldLater = terminal !== null && terminal.sessionOpenedAt !== null && terminal.sessionOpenedAt > order.createdAt;
    if (toldLater && told !== undefined && page.credentialVersion !== null && told !== page.credentialVersion) return;
    await this.connections.stop(tx, run.connectionId, 'CREDENTIALS_REJECTED', page.credentialVersion ?? told ?? null);
    this.database.afterCommit(tx, () => events.connectionStopped({ connectionId: run.connectionId, cause: 'CREDENTIALS_REJECTED' }));
  }

  private async goOn(tx: Tx, run: LockedRun, order: StoredOrder, page: Payload<typeof pageRead>): Promise<void> {
    const signed = this.connectors.find(run.connectorId);
    const terminal = await this.terminals.find(tx, run.terminalId);
    const end = whyRunMustEnd({
      state: run.state,
      // An answer that came is used, however late: decide() looks at the time only when more is to be asked.
      late: false,
      connectionErased: await this.connections.isErased(tx, run.connectionId),
      terminalRevoked: terminal === null || terminal.revokedAt !== null,
      connectorReplaced: signed?.hash !== run.connectorHash,
      orderTaken: true,
    });
    if (end !== undefined || signed === undefined) {
      await this.endRun.fail(tx, run, end?.cause ?? 'INCOMPLETE_DATA', end?.detail ?? null);
      return;
    }
    const decision = decide(signed.connector, run.loop, order.asked, page, run.elapsedMs);
    if (decision.next !== 'fail') {
      const state = decision.next === 'commit' ? 'committing' : 'ready';
      await this.runs.advance(tx, run, { state, loop: decision.state, currentOrderId: null, wakeInMs: 0 });
      return;
    }
    await this.endRun.fail(tx, run, decision.cause, decision.detail);
  }
}
