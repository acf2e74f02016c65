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
import { Database } from '../database.store.js';
import { RunStore } from '../run.store.js';
import { dateOf } from '../run-report.js';
import { TerminalStore } from '../terminal.store.js';

/** Tells the parser what a result must match. A result is wanted only while the run waits for it. */
@Injectable()
export class GetOrder {
  constructor(
    private readonly database: Database,
    private readonly runs: RunStore,
    private readonly terminals: TerminalStore,
  ) {}

  async run({ orderId }: In<typeof getOrder>): Promise<Out<typeof getOrder>> {
    const { client } = this.database;
    const order = await this.runs.findOrder(client, orderId);
    const run = order && (await this.runs.find(client, order.runId));
    if (order === null || run === null) throw failure(getOrder, 'order_unknown', 'There is no such order.');
    const terminal = await this.terminals.find(client, run.terminalId);
    if (
      terminal === null ||
      terminal.revokedAt !== null ||
      order.closedAt !== null ||
      run.endedAt !== null ||
      order.orderHashes.length === 0
    )
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
}
