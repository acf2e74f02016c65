import {
  type ConnectionId,
  getOrder,
  type HolderId,
  type In,
  type OrderId,
  type Out,
  type RunId,
  type TerminalId,
} from '@enishi/contracts';
import { failure } from '@enishi/errors';
import { Injectable } from '@nestjs/common';
import { Connectors } from '../connectors.js';
import { Database } from '../database.store.js';
import { RunStore, type StoredOrder, type StoredRun, wasAnswered } from '../run.store.js';
import { dateOf } from '../run-report.js';
import { TerminalStore } from '../terminal.store.js';

/** Tells the parser what a result must match. */
@Injectable()
export class GetOrder {
  constructor(
    private readonly database: Database,
    private readonly runs: RunStore,
    private readonly terminals: TerminalStore,
    private readonly connectors: Connectors,
  ) {}

  async run({ orderId }: In<typeof getOrder>): Promise<Out<typeof getOrder>> {
    const { client } = this.database;
    const order = await this.runs.findOrder(client, orderId);
    const run = order && (await this.runs.find(client, order.runId));
    if (order === null || run === null) throw failure(getOrder, 'order_unknown', 'There is no such order.');
    const terminal = await this.terminals.find(client, run.terminalId);
    if (terminal === null || terminal.revokedAt !== null || order.orderHashes.length === 0 || !this.isWanted(run, order))
      throw failure(getOrder, 'order_closed', 'The order takes no result any more.');
    return {
      orderId: order.orderId as OrderId,
      runId: run.runId as RunId,
      connectionId: run.connectionId as ConnectionId,
      holderId: run.holderId as HolderId,
      terminalId: run.terminalId as TerminalId,
      step: order.step,
      request: order.request,
      params: order.asked.params,
      period: { from: dateOf(run.periodFrom), to: dateOf(run.periodTo) },
      agentKey: terminal.signingKey,
      orderHashes: order.orderHashes,
      connectorId: run.connectorId,
      connectorVersion: run.connectorVersion,
      connectorHash: run.connectorHash,
    };
  }

  /**
   * A result is wanted while the run waits for it. After the end, that of an order with effect `once` still is, if none
   * came: it may say that the bank refused the secrets, and the next run would send them again.
   */
  private isWanted(run: StoredRun, order: StoredOrder): boolean {
    if (run.endedAt === null) return order.closedAt === null;
    if (run.cause === 'CONNECTION_ERASED' || wasAnswered(run, order)) return false;
    const requests = this.connectors.find(run.connectorId)?.connector.requests ?? {};
    return Object.hasOwn(requests, order.request) && requests[order.request]?.effect === 'once';
  }
}
