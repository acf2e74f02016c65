/**
 * What happens to an order from its frame to its result on the disk. The only place where the agent acts on orders.
 *
 * Disk first, then word, then deed: `started` is on the disk before `taken` is said and before the bank is asked; the
 * sealed result is on the disk before it is sent. So a process that dies at any line either has not asked, or knows that
 * it may have asked. (A3)
 *
 * And always an answer: whatever is thrown on the way ends as a sealed result with a cause. Where the disk does not take
 * even that, it is kept in memory and sent from there; what the bank said is never sent so.
 */
import { clip, type Order, type OrderId, type Result, type RootStatement, type SealingJwk, type TerminalId } from '@enishi/contracts';
import { CryptoError, verifyKey } from '@enishi/crypto';
import type { Resolve } from '../bank/connect-bank.js';
import type { CookieJars } from '../bank/cookie-jars.js';
import { failed, type Performed, performOrder } from '../bank/perform-order.js';
import type { Journal } from '../journal/journal.js';
import type { OrderFacts } from '../journal/journal-line.js';
import { type AuthenticOrder, authenticateOrder, type PermittedOrder, permitOrder } from '../order/check-order.js';
import type { SequenceWindow } from '../order/check-sequence.js';
import type { ConnectorVersions } from '../order/connector-versions.js';
import { NotAnOrder } from '../order/refusal.js';
import type { AgentPrivateKeys, Vault } from '../vault/vault.js';
import { MAX_WAITING_ORDERS, RunQueue } from './run-queue.js';
import { sealResult } from './seal-result.js';

export interface DeskParts {
  readonly terminalId: TerminalId;
  readonly root: RootStatement;
  readonly keys: AgentPrivateKeys;
  readonly vault: Vault;
  readonly jars: CookieJars;
  readonly journal: Journal;
  readonly versions: ConnectorVersions;
  readonly say: (words: string) => void;
  readonly now: () => Date;
  readonly resolve?: Resolve;
}

/** What an order frame is answered with at once; the result follows by itself. */
export type Reception = 'taken' | 'resend' | 'ignored';

export interface OrderFrame {
  readonly orderId: OrderId;
  readonly jwe: string;
  readonly traceparent?: string | undefined;
}

/** A sealed result that can be sent. */
export interface Answer {
  readonly jwe: string;
  readonly traceparent: string | undefined;
}
const NO_BODY = Buffer.alloc(0);

export class OrderDesk {
  private readonly queue: RunQueue;
  private readonly underWay = new Set<OrderId>();
  /** Answers that the disk did not take, oldest first. Dies with them: such an order stands as it would without them. */
  private readonly unkept = new Map<OrderId, Answer>();

  /** @param onResult a sealed result has come onto the disk and may be sent */
  constructor(
    private readonly parts: DeskParts,
    private readonly onResult: (orderId: OrderId) => void,
  ) {
    // Only what cannot be sealed comes here. The order stays `started`, and is answered after the next start or when it is sent again.
    this.queue = new RunQueue((error) =>
      parts.say(`an order could not be finished: ${error instanceof Error ? error.message : 'unknown'}`),
    );
  }

  /** Orders of one session, in the order of their frames: call it again only when it has resolved. */
  async receive(frame: OrderFrame, session: { nonce: string; sequences: SequenceWindow }): Promise<Reception> {
    const { parts } = this;
    if (this.queue.isFull) return this.ignore(frame.orderId, 'limit', 'too many orders are waiting');
    let authentic: AuthenticOrder;
    try {
      authentic = await authenticateOrder(frame, {
        terminalId: parts.terminalId,
        root: parts.root,
        sealingKey: parts.keys.sealing,
        sessionNonce: session.nonce,
        sequences: session.sequences,
      });
    } catch (error) {
      if (error instanceof NotAnOrder) return this.ignore(frame.orderId, error.rule, error.detail);
      throw error;
    }
    const standing = parts.journal.find(frame.orderId);
    if (standing?.state === 'settled' || this.underWay.has(frame.orderId)) return 'taken';
    if (this.answerTo(frame.orderId)) return 'resend';
    // Here it is new, or a process died with it. What may have been sent once is not sent again.
    if (standing && standing.order.effect === 'once') return this.settleUnknown(standing.order, authentic.resultKey);
    return this.start(authentic, frame.traceparent);
  }

  private ignore(orderId: OrderId, rule: string, detail: string): Reception {
    if (this.parts.journal.ignored(orderId, rule, detail)) this.parts.say(`ignored what came as order ${orderId}: ${rule} (${detail})`);
    return 'ignored';
  }

  private async start(authentic: AuthenticOrder, traceparent: string | undefined): Promise<Reception> {
    const { order, orderHash, resultKey } = authentic;
    const { parts } = this;
    const takenAt = performance.now();
    const facts = factsOf(order, orderHash, traceparent);
    let permitted: PermittedOrder;
    try {
      permitted = permitOrder(
        order,
        parts,
        Math.floor(parts.now().getTime() / 1000),
        (id) => parts.versions.highest(id),
        (id) => parts.vault.connection(id)?.origin,
        (id) => parts.journal.onceBegun(id),
      );
      parts.versions.saw(permitted.connector.id, permitted.connector.version);
      parts.journal.started(facts);
    } catch (error) {
      const outcome = failed(error, order.effect, 'connecting');
      await this.finish(facts, resultKey, { outcome, body: NO_BODY, credentialVersion: null, traceparent });
      return 'resend';
    }
    // Dies from here on: `started` is known. A read is done again when it is sent again; a login is OUTCOME_UNKNOWN.
    this.underWay.add(order.orderId);
    this.queue.add(order.runId, async () => {
      try {
        const left = order.timeoutMs - (performance.now() - takenAt);
        const signal = AbortSignal.timeout(Math.max(1, Math.round(left)));
        const performed = await performOrder(order, permitted, { ...parts, warn: parts.say }, signal, traceparent);
        // Dies here: the bank has answered, and nobody will know. That is what OUTCOME_UNKNOWN says.
        await this.finish({ ...facts, traceparent: performed.traceparent }, resultKey, performed);
        // Dies from here on: the result is on the disk and is sent after the next start.
        this.onResult(order.orderId);
      } finally {
        this.underWay.delete(order.orderId);
      }
    });
    return 'taken';
  }

  private async finish(facts: OrderFacts, resultKey: SealingJwk, performed: Performed): Promise<void> {
    const { journal, say } = this.parts;
    let { outcome, body } = performed;
    let jwe: string | undefined;
    try {
      jwe = await this.seal(facts, resultKey, performed);
      journal.done(facts, journalOutcome(outcome), body.length, jwe);
    } catch (error) {
      // The line may be there all the same, for its head is written after it.
      if (jwe === undefined || journal.resultOf(facts.orderId) !== jwe) {
        if (outcome.kind === 'response') outcome = failed(error, facts.effect, 'sent');
        body = NO_BODY;
        await this.answerUnkept(facts, resultKey, { ...performed, outcome, body });
      }
    }
    say(
      outcome.kind === 'response'
        ? `${facts.method} ${facts.host}${facts.path}: ${outcome.status}, ${body.length} bytes (order ${facts.orderId})`
        : `${facts.method} ${facts.host}${facts.path}: ${outcome.cause}, ${outcome.detail} (order ${facts.orderId})`,
    );
  }

  /** What is small may still find room on the disk; what does not is kept in memory. Dies with it: what was sent once is OUTCOME_UNKNOWN, anything else is done when it is ordered again. */
  private async answerUnkept(facts: OrderFacts, resultKey: SealingJwk, performed: Performed): Promise<void> {
    const jwe = await this.seal(facts, resultKey, performed);
    try {
      this.parts.journal.done(facts, journalOutcome(performed.outcome), performed.body.length, jwe);
    } catch {
      const [oldest] = this.unkept.keys();
      if (oldest !== undefined && this.unkept.size >= MAX_WAITING_ORDERS) this.unkept.delete(oldest);
      this.unkept.set(facts.orderId, { jwe, traceparent: facts.traceparent });
    }
  }

  private seal(facts: OrderFacts, resultKey: SealingJwk, { outcome, body, credentialVersion }: Performed): Promise<string> {
    const { terminalId, keys } = this.parts;
    return sealResult(facts, outcome, body, credentialVersion, { terminalId, signingKey: keys.signing, resultKey });
  }

  /** The sealed result of an order, until the platform has it; undefined when there is none. */
  answerTo(orderId: OrderId): Answer | undefined {
    const { journal } = this.parts;
    const standing = journal.find(orderId);
    const jwe = standing?.state === 'done' ? journal.resultOf(orderId) : undefined;
    return standing?.state === 'done' && jwe !== undefined ? { jwe, traceparent: standing.order.traceparent } : this.unkept.get(orderId);
  }

  hasAnswer(orderId: OrderId): boolean {
    return this.unkept.has(orderId) || this.parts.journal.find(orderId)?.state === 'done';
  }

  /** Orders that have an answer which the platform has not confirmed, oldest first. */
  answered(): OrderId[] {
    const kept = this.parts.journal.open().filter(({ state }) => state === 'done');
    return [...kept.map(({ order }) => order.orderId), ...this.unkept.keys()];
  }

  /** The platform has the result. */
  delivered(orderId: OrderId): void {
    this.unkept.delete(orderId);
    this.parts.journal.delivered(orderId);
  }

  /** The platform will never take the result. */
  discarded(orderId: OrderId, code: string): void {
    this.unkept.delete(orderId);
    this.parts.journal.discarded(orderId, code);
  }

  private async settleUnknown(facts: OrderFacts, resultKey: SealingJwk): Promise<Reception> {
    const outcome = {
      kind: 'failed',
      cause: 'OUTCOME_UNKNOWN',
      detail: 'the agent stopped between taking and finishing the order',
    } as const;
    await this.finish(facts, resultKey, { outcome, body: NO_BODY, credentialVersion: null, traceparent: facts.traceparent });
    return 'resend';
  }

  /** At the start: what an earlier process may have sent once, and has no result of, gets its answer now instead of when it is asked for. */
  async settleInterrupted(): Promise<void> {
    for (const standing of this.parts.journal.open()) {
      const { order } = standing;
      const hasResult = standing.state === 'done' && this.parts.journal.resultOf(order.orderId) !== undefined;
      if (hasResult || order.effect !== 'once') continue;
      try {
        // The key was good when the order was taken; by then it is judged.
        const { jwk } = verifyKey(order.resultKey, this.parts.root, 'result', Math.floor(new Date(standing.at).getTime() / 1000));
        await this.settleUnknown(order, jwk);
      } catch (error) {
        if (!(error instanceof CryptoError)) throw error;
        this.parts.say(`order ${order.orderId} was interrupted and cannot be answered: ${error.reason}`);
      }
    }
  }

  /** Resolves when no order is under way. */
  whenIdle(): Promise<void> {
    return this.queue.whenIdle();
  }
}

function factsOf(order: Order, orderHash: string, traceparent: string | undefined): OrderFacts {
  const url = URL.parse(order.url);
  const { orderId, runId, connectionId, step, request, method, effect, connectorHash, resultKey } = order;
  return {
    orderId,
    runId,
    connectionId,
    step,
    request,
    method,
    host: (url?.host ?? '').slice(0, 300),
    path: (url?.pathname ?? '').slice(0, 300),
    effect,
    orderHash,
    connectorHash,
    resultKey,
    traceparent,
  };
}

function journalOutcome(outcome: Result['outcome']) {
  return outcome.kind === 'response'
    ? { kind: outcome.kind, status: outcome.status, durationMs: outcome.durationMs }
    : { ...outcome, detail: clip(outcome.detail, 500) };
}
