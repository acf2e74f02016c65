/**
 * A session that is attached here: takes orders for it from the bus, and results from it to the parser. All of it is
 * sealed: this process sees ids and sizes.
 */
import {
  type AgentFrame,
  acceptResult,
  closeSession,
  deliverOrder,
  type In,
  MAX_FRAME_BYTES,
  type OrderId,
  type Out,
  type SessionId,
  type TerminalId,
} from '@enishi/contracts';
import { asAppError, failure } from '@enishi/errors';
import type { AddressedAnswer, Bus } from '@enishi/messaging';
import { currentTraceparent, withSpan } from '@enishi/telemetry';
import { events } from '../events.js';
import type { ByteBudget } from './byte-budget.js';
import type { Link } from './link.js';

/** Code by which an agent knows that it may stop for good. */
const REVOKED = 'command-dispatcher.terminal_revoked';
const BUSY_RETRY_MS = 1_000;
const BROKEN_RETRY_MS = 5_000;

export interface SessionLimits {
  readonly takenTimeoutMs: number;
  readonly resultsAtOnce: number;
}
type ResultFrame = Extract<AgentFrame, { frame: 'result' }>;

export class AttachedSession {
  private readonly waiting = new Map<OrderId, Set<(taken: boolean) => void>>();
  private readonly answers: AddressedAnswer[];
  private resultsUnderWay = 0;
  private open!: () => void;
  /** Orders may come before the terminal has been told that it is welcome; they wait for that. */
  private readonly welcomed = new Promise<void>((resolve) => {
    this.open = resolve;
  });

  constructor(
    readonly sessionId: SessionId,
    readonly terminalId: TerminalId,
    private readonly link: Link,
    private readonly bus: Bus,
    private readonly budget: ByteBudget,
    private readonly limits: SessionLimits,
  ) {
    this.answers = [
      bus.answerAddressed(deliverOrder, sessionId, (input) => this.deliver(input)),
      bus.answerAddressed(closeSession, sessionId, (input) => this.close(input)),
    ];
  }

  welcome(): void {
    this.link.send({ frame: 'welcome', sessionId: this.sessionId });
    this.open();
  }

  /** The link has ended: who waits for it is told, and NATS no longer finds us. */
  end(): void {
    this.open();
    for (const waiters of this.waiting.values()) for (const tell of waiters) tell(false);
    for (const answer of this.answers) void answer.stop().catch(() => undefined);
  }

  taken(orderId: OrderId): void {
    for (const tell of this.waiting.get(orderId) ?? []) tell(true);
  }

  /**
   * A1. Dying after the frame is sent: the caller is not told, and gives the same order again; the terminal knows it.
   */
  private async deliver({ orderId, jwe }: In<typeof deliverOrder>): Promise<Out<typeof deliverOrder>> {
    await this.welcomed;
    const startedAt = performance.now();
    const frame = { frame: 'order' as const, orderId, jwe, ...traceparent() };
    // As long as the JWE is, the rest of the frame is short.
    if (jwe.length + 1_000 > MAX_FRAME_BYTES) throw failure(deliverOrder, 'order_too_large', 'The order does not fit into one frame.');
    const taken = this.link.send(frame) && (await this.whenTaken(orderId));
    events.orderHanded({ sessionId: this.sessionId, orderId }, taken ? 'taken' : 'away', (performance.now() - startedAt) / 1_000);
    if (!taken) throw failure(deliverOrder, 'terminal_away', 'The terminal did not take the order.');
    return { takenAt: new Date().toISOString() };
  }

  private whenTaken(orderId: OrderId): Promise<boolean> {
    return new Promise((resolve) => {
      const waiters = this.waiting.get(orderId) ?? new Set();
      const tell = (taken: boolean) => {
        clearTimeout(timer);
        waiters.delete(tell);
        if (waiters.size === 0) this.waiting.delete(orderId);
        resolve(taken);
      };
      const timer = setTimeout(() => tell(false), this.limits.takenTimeoutMs);
      waiters.add(tell);
      this.waiting.set(orderId, waiters);
    });
  }

  private close({ reason }: In<typeof closeSession>): Out<typeof closeSession> {
    if (reason === 'revoked') this.link.refuse(REVOKED, 'The terminal was revoked. Enrol it again.', { reason });
    else
      this.link.refuse('terminal-relay.session_replaced', 'A newer session of this terminal has taken the place of this one.', { reason });
    return { closed: true };
  }

  /**
   * A4. Acknowledged only when the parser has stored it: dying anywhere before, the terminal still has it on its disk
   * and sends it again.
   */
  async result(frame: ResultFrame): Promise<void> {
    const { orderId, jwe } = frame;
    const bytes = jwe.length;
    if (this.resultsUnderWay >= this.limits.resultsAtOnce || !this.budget.take(bytes))
      return this.retry(orderId, bytes, BUSY_RETRY_MS, 'busy');
    this.resultsUnderWay += 1;
    try {
      await withSpan('carry result', { kind: 'server', parent: frame.traceparent, attributes: { 'enishi.order_id': orderId } }, () =>
        this.bus.request(acceptResult, { orderId, terminalId: this.terminalId, jwe }),
      );
      this.link.send({ frame: 'ack', orderId });
      events.resultCarried({ sessionId: this.sessionId, orderId, bytes }, 'stored');
    } catch (thrown) {
      const { kind, code } = asAppError(thrown);
      if (kind === 'busy') this.retry(orderId, bytes, BUSY_RETRY_MS, code);
      else if (kind === 'broken') this.retry(orderId, bytes, BROKEN_RETRY_MS, code);
      else {
        this.link.send({ frame: 'discard', orderId, code });
        events.resultCarried({ sessionId: this.sessionId, orderId, bytes }, code);
      }
    } finally {
      this.resultsUnderWay -= 1;
      this.budget.give(bytes);
    }
  }

  private retry(orderId: OrderId, bytes: number, afterMs: number, outcome: string): void {
    this.link.send({ frame: 'retry', orderId, afterMs });
    events.resultCarried({ sessionId: this.sessionId, orderId, bytes }, outcome);
  }
}

function traceparent(): { traceparent?: string } {
  const current = currentTraceparent();
  return current === undefined ? {} : { traceparent: current };
}
