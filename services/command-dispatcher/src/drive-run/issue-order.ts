import {
  type ConnectionId,
  type HolderId,
  type Order,
  type OrderId,
  type RunId,
  type SealingJwk,
  type TerminalId,
} from '@enishi/contracts';
import { ORDER_TYP, seal, sha256, sign } from '@enishi/crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { SignedConnector } from '../connectors.js';
import type { Tx } from '../database.store.js';
import { PLATFORM_KEYS, type PlatformKeys } from '../platform-keys.js';
import { type LockedRun, RunStore, type StoredOrder } from '../run.store.js';
import { materialiseOrder } from '../run-loop/materialise-order.js';
import { dateOf } from '../run-report.js';
import { TerminalStore } from '../terminal.store.js';

/** An order signed for one session; it is sealed and sent only after the transaction that notes it. */
export interface IssuedOrder {
  readonly orderId: OrderId;
  readonly sessionId: string;
  readonly orderHash: string;
  readonly jws: string;
  readonly sealingKey: SealingJwk;
}

/** A1: makes the order, and signs it for the session that the terminal has now. The same order may be issued again. */
@Injectable()
export class IssueOrder {
  constructor(
    private readonly runs: RunStore,
    private readonly terminals: TerminalStore,
    @Inject(PLATFORM_KEYS) private readonly keys: PlatformKeys,
  ) {}

  /**
   * Null when the terminal has no session.
   * @throws FieldNotValid when a value from the bank does not fit the connector
   */
  async run(tx: Tx, run: LockedRun, order: StoredOrder, signed: SignedConnector): Promise<IssuedOrder | null> {
    const request = materialiseOrder(signed.connector, order.asked, { from: dateOf(run.periodFrom), to: dateOf(run.periodTo) });
    const session = await this.terminals.nextSequence(tx, run.terminalId);
    if (session === null) return null;
    const content: Order = {
      ...request,
      orderId: order.orderId as OrderId,
      terminalId: run.terminalId as TerminalId,
      holderId: run.holderId as HolderId,
      connectionId: run.connectionId as ConnectionId,
      runId: run.runId as RunId,
      step: order.step,
      connector: signed.jws,
      connectorHash: signed.hash,
      resultKey: this.keys.resultKeyStatement,
      sessionNonce: session.sessionNonce,
      sequence: session.sequence,
      issuedAt: Math.floor(Date.now() / 1000),
    };
    const jws = sign(content, this.keys.orderKey, { typ: ORDER_TYP, header: { key: this.keys.orderKeyStatement } });
    const orderHash = sha256(jws);
    // Noted before anyone can have it: a result for an issue that is not noted would be refused.
    await this.runs.noteIssue(tx, order.orderId, { orderHash, sessionId: session.sessionId });
    return { orderId: content.orderId, sessionId: session.sessionId, orderHash, jws, sealingKey: session.sealingKey };
  }

  seal(issued: IssuedOrder): Promise<string> {
    return seal(issued.jws, issued.sealingKey);
  }
}
