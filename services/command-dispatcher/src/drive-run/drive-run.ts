/**
 * One step of one run, by the process that holds its lease. A step is: look at the row, write what will be done
 * (transaction 1), do it, write what came of it (transaction 2). Each transaction holds the row and checks the fence,
 * so that of two drivers, or a driver and an answer that came meanwhile, only one writes.
 *
 * kill -9
 * - before transaction 1: the lease ends, another process takes the same step.
 * - between 1 and the delivery, or during it: the order is stored as not taken. The next driver delivers the *same* order
 *   id again; a terminal that has it already does not ask the bank twice.
 * - between the delivery and 2: the same. Meanwhile the answer may come; it takes the fence and goes on from there.
 * - during the commit: the parser is asked again, and answers the same.
 */
import { type ConnectionId, commitRun, deliverOrder, type HolderId, OrderId, type RunId, type SessionId } from '@enishi/contracts';
import { asAppError } from '@enishi/errors';
import { Bus } from '@enishi/messaging';
import { CONFIG } from '@enishi/service';
import { withSpan } from '@enishi/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config.js';
import { ConnectionStore } from '../connection.store.js';
import { Connectors, type SignedConnector } from '../connectors.js';
import { Database, type Tx } from '../database.store.js';
import { EndRun } from '../end-run.js';
import { events } from '../events.js';
import { type Claim, type LockedRun, RunStore, type StoredOrder } from '../run.store.js';
import { takeNext } from '../run-loop/decide.js';
import { FieldNotValid } from '../run-loop/materialise-order.js';
import { TerminalStore } from '../terminal.store.js';
import { type IssuedOrder, IssueOrder } from './issue-order.js';
import { whyRunMustEnd } from './why-run-must-end.js';

/** After a taken order has stayed without answer so often, the bank is taken to be silent. */
export const MAX_REDELIVERIES = 3;
/** Whether the terminal has it was not told: ask again soon, the answer costs nothing. */
const NOT_TOLD_RETRY_MS = 1_000;
/** Orders that are remembered as told about; beyond it, some are told about again. */
const MAX_FAULTY = 1_000;
const FIRST_COMMIT_RETRY_MS = 500;
const LAST_COMMIT_RETRY_MS = 30_000;

type Todo = { do: 'deliver'; issued: IssuedOrder; traceparent: string | null } | { do: 'commit'; run: LockedRun } | { do: 'nothing' };

@Injectable()
export class DriveRun {
  /** Orders whose delivery failed by a fault that was told already. */
  private readonly faulty = new Set<string>();

  constructor(
    private readonly bus: Bus,
    private readonly database: Database,
    private readonly runs: RunStore,
    private readonly terminals: TerminalStore,
    private readonly connections: ConnectionStore,
    private readonly connectors: Connectors,
    private readonly issueOrder: IssueOrder,
    private readonly endRun: EndRun,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @throws LeaseLost when someone else has taken the run over */
  async run(claim: Claim): Promise<void> {
    const parent = await this.runs.traceparentOf(claim.runId);
    // One run is one trace: whatever drives it hangs under the request that started it.
    await withSpan('drive run', { parent, attributes: { 'enishi.run_id': claim.runId } }, async () => {
      const todo = await this.database.transaction((tx) => this.prepare(tx, claim));
      this.bus.poke();
      if (todo.do === 'deliver') await this.deliver(claim, todo.issued);
      if (todo.do === 'commit') await this.commit(claim, todo.run);
    });
  }

  /** Transaction 1: what is to be done now, written down before it is done. */
  private async prepare(tx: Tx, claim: Claim): Promise<Todo> {
    const run = await this.runs.hold(tx, claim);
    const order = run.currentOrderId === null ? null : await this.runs.findOrder(tx, run.currentOrderId);
    const signed = this.connectors.find(run.connectorId);
    const terminal = await this.terminals.find(tx, run.terminalId);
    const end = whyRunMustEnd({
      state: run.state,
      late: run.late,
      connectionErased: await this.connections.isErased(tx, run.connectionId),
      terminalRevoked: terminal === null || terminal.revokedAt !== null,
      connectorReplaced: signed?.hash !== run.connectorHash,
      orderTaken: order && order.takenAt !== null,
    });
    if (end !== undefined) {
      await this.endRun.fail(tx, run, end.cause, end.detail);
      return { do: 'nothing' };
    }
    if (run.state === 'committing') return { do: 'commit', run };
    // whyRunMustEnd has made sure of it; the type does not know.
    if (signed === undefined) return { do: 'nothing' };
    return order === null ? this.nextOrder(tx, run, signed) : this.sameOrderAgain(tx, run, order, signed, terminal?.sessionId ?? null);
  }

  private async nextOrder(tx: Tx, run: LockedRun, signed: SignedConnector): Promise<Todo> {
    const next = takeNext(run.loop);
    if (next === undefined) {
      // decide() never leaves a run ready with an empty queue; should it, all that was asked for has been read.
      await this.runs.advance(tx, run, { state: 'committing', wakeInMs: 0 });
      return { do: 'nothing' };
    }
    const orderId = OrderId.generate();
    await this.runs.addOrder(tx, { orderId, runId: run.runId, step: next.state.steps, asked: next.asked });
    await this.runs.keep(tx, run, { state: 'waiting', loop: next.state, currentOrderId: orderId });
    const order = await this.runs.findOrder(tx, orderId);
    if (order === null) throw new Error('the order that was just written is not there');
    return this.issue(tx, { ...run, loop: next.state, state: 'waiting' }, order, signed);
  }

  /** No answer came by the time to wake, or the terminal came back, or a driver died: the same order, issued anew. */
  private async sameOrderAgain(
    tx: Tx,
    run: LockedRun,
    order: StoredOrder,
    signed: SignedConnector,
    sessionId: string | null,
  ): Promise<Todo> {
    if (order.takenAt !== null && order.sessionId === sessionId) {
      if (order.redeliveries >= MAX_REDELIVERIES) {
        await this.endRun.fail(tx, run, 'BANK_TIMEOUT', `request ${order.request} was not answered in time`);
        return { do: 'nothing' };
      }
      await this.runs.noteRedelivery(tx, order.orderId);
    }
    return this.issue(tx, run, order, signed);
  }

  private async issue(tx: Tx, run: LockedRun, order: StoredOrder, signed: SignedConnector): Promise<Todo> {
    let issued: IssuedOrder | null;
    try {
      issued = await this.issueOrder.run(tx, run, order, signed);
    } catch (error) {
      if (!(error instanceof FieldNotValid)) throw error;
      await this.endRun.fail(tx, run, 'SITE_CHANGED', error.message);
      return { do: 'nothing' };
    }
    const again = order.orderHashes.length > 0;
    const { orderId, request } = { orderId: order.orderId, request: order.request };
    if (issued === null) {
      // Nothing was signed, so nothing was ordered yet.
      await this.goAway(tx, run, order.step, request, this.config.AWAY_RETRY_MS);
      return { do: 'nothing' };
    }
    await this.runs.journal(tx, run.runId, again ? 'issued_again' : 'ordered', order.step, {
      request,
      orderId,
      orderHash: issued.orderHash,
    });
    this.database.afterCommit(tx, () => events.orderIssued({ runId: run.runId, orderId, step: order.step, request, again }));
    return { do: 'deliver', issued, traceparent: run.traceparent };
  }

  private async deliver(claim: Claim, issued: IssuedOrder): Promise<void> {
    const { orderId, sessionId } = issued;
    const jwe = await this.issueOrder.seal(issued);
    const startedAt = performance.now();
    let code: string | null = null;
    let fault: unknown;
    try {
      await this.bus.request(deliverOrder, { sessionId: sessionId as SessionId, orderId, jwe });
    } catch (error) {
      const told = asAppError(error);
      code = told.code;
      fault = told.kind === 'busy' ? undefined : error;
    }
    const outcome =
      code === null
        ? 'taken'
        : code === 'terminal-relay.terminal_away' || code === 'platform.nobody_answers'
          ? 'terminal_away'
          : code === 'terminal-relay.order_too_large' || code === 'platform.too_large'
            ? 'refused'
            : 'not_told';
    if (outcome === 'not_told' && fault !== undefined) this.tellFault({ runId: claim.runId, orderId }, fault);
    events.orderDelivered({ runId: claim.runId, orderId }, outcome, (performance.now() - startedAt) / 1_000);
    // Transaction 2. LeaseLost here: the answer was quicker, or the terminal came back; whoever brought that goes on.
    await this.database.transaction(async (tx) => {
      const run = await this.runs.hold(tx, claim);
      const order = await this.runs.findOrder(tx, orderId);
      if (order === null) return;
      if (outcome === 'taken') {
        await this.runs.noteTaken(tx, orderId);
        await this.runs.journal(tx, run.runId, 'delivered', order.step, { request: order.request, orderId });
        const timeoutMs = this.connectors.find(run.connectorId)?.connector.requests[order.request]?.timeoutMs ?? 0;
        await this.runs.advance(tx, run, { state: 'waiting', wakeInMs: timeoutMs + this.config.RESULT_GRACE_MS });
      } else if (outcome === 'refused') {
        await this.endRun.fail(tx, run, 'AGENT_POLICY_REFUSED', `the order could not be carried (${code})`);
      } else if (outcome === 'terminal_away') {
        // A session that was opened meanwhile may be there: then it is tried at once.
        const terminal = await this.terminals.find(tx, run.terminalId);
        const wakeInMs = terminal?.sessionId === sessionId ? this.config.AWAY_RETRY_MS : 0;
        await this.goAway(tx, run, order.step, order.request, wakeInMs);
      } else {
        await this.runs.advance(tx, run, { state: run.state, wakeInMs: NOT_TOLD_RETRY_MS });
      }
    });
    this.bus.poke();
  }

  /** A fault of ours, not someone who is away: told once for each order, however often it is tried. */
  private tellFault(ids: { runId: string; orderId: string }, fault: unknown): void {
    if (this.faulty.has(ids.orderId)) return;
    if (this.faulty.size >= MAX_FAULTY) this.faulty.clear();
    this.faulty.add(ids.orderId);
    events.deliveryFailed(ids, fault);
  }

  private async goAway(tx: Tx, run: LockedRun, step: number, request: string, wakeInMs: number): Promise<void> {
    if (run.state !== 'away') await this.runs.journal(tx, run.runId, 'terminal_away', step, { request });
    await this.runs.advance(tx, run, { state: 'away', wakeInMs });
  }

  /**
   * A step that threw, other than by LeaseLost. Who is away comes back: the same step is tried again when the lease is over.
   * What is refused for good ends the run now; what breaks each time ends it when its time is over.
   */
  async giveUp(claim: Claim, error: unknown): Promise<void> {
    const { kind, code } = asAppError(error);
    if (kind === 'busy') return;
    const forGood = kind !== 'broken';
    await this.database.transaction(async (tx) => {
      if (!(await this.runs.dropLoop(tx, claim, forGood))) return;
      const run = await this.runs.hold(tx, claim);
      if (forGood) await this.endRun.fail(tx, run, 'INCOMPLETE_DATA', `a step was refused for good (${code})`);
      else await this.endRun.fail(tx, run, 'BUDGET_SPENT', `a step broke until the time of the run was over (${code})`);
    });
    this.bus.poke();
  }

  /**
   * A5, S11. Asked until it answers: meanwhile it cannot be told whether the data are stored. A refusal is final, and so is
   * the end of the commit's time: should the parser have stored them after all, they are right, and the next run finds them.
   */
  private async commit(claim: Claim, held: LockedRun): Promise<void> {
    const startedAt = performance.now();
    const { runId, connectionId, holderId } = held;
    const answer = await this.bus
      .request(commitRun, { runId: runId as RunId, connectionId: connectionId as ConnectionId, holderId: holderId as HolderId })
      .catch(asAppError);
    const code = 'accounts' in answer ? null : answer.code;
    events.commitAnswered({ runId, code }, (performance.now() - startedAt) / 1_000);
    // Dying here: the run is still `committing`; the parser is asked again and answers the same.
    await this.database.transaction(async (tx) => {
      const run = await this.runs.hold(tx, claim);
      if ('accounts' in answer) {
        await this.endRun.finish(tx, run, answer.accounts);
      } else if (answer.kind !== 'busy' && answer.kind !== 'broken') {
        await this.endRun.fail(tx, run, 'INCOMPLETE_DATA', `the parser answered ${answer.code}`);
      } else if (run.late) {
        await this.endRun.fail(tx, run, 'BUDGET_SPENT', `the parser did not store it in time (${answer.code})`);
      } else {
        const wakeInMs = Math.min(LAST_COMMIT_RETRY_MS, FIRST_COMMIT_RETRY_MS * 2 ** Math.min(run.commitTries, 10));
        await this.runs.advance(tx, run, { state: 'committing', commitTries: run.commitTries + 1, wakeInMs });
      }
    });
    this.bus.poke();
  }
}
