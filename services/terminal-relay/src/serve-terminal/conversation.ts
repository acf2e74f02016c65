/**
 * What is said on one link, in order: challenge → enrol → enrolled, or challenge → hello → welcome → orders and results.
 * Who the terminal is, the dispatcher decides; this process believes nothing and vouches for nothing.
 */
import { type AgentFrame, enrolTerminal, openSession, type SessionId, type TerminalId } from '@enishi/contracts';
import { randomToken } from '@enishi/crypto';
import { asAppError } from '@enishi/errors';
import type { Bus } from '@enishi/messaging';
import { withSpan } from '@enishi/telemetry';
import type { DetachReason } from '../session.store.js';
import type { AttachedSession } from './attached-session.js';
import { CLOSE, type Link } from './link.js';

/** When the platform itself is away, terminals come again after this. */
const BUSY_RETRY_MS = 2_000;

export interface Attaching {
  /** Makes the session reachable, and tells the platform. @throws when that cannot be stored now */
  attach(link: Link, ids: { sessionId: SessionId; terminalId: TerminalId }): Promise<AttachedSession>;
  detach(session: AttachedSession, reason: DetachReason): void;
}

export class Conversation {
  private readonly challenge = randomToken(32);
  private phase: 'greeting' | 'asking' | 'attached' | 'ended' = 'greeting';
  private session: AttachedSession | undefined;
  private readonly handshake: NodeJS.Timeout;

  constructor(
    readonly link: Link,
    private readonly bus: Bus,
    private readonly attaching: Attaching,
    handshakeTimeoutMs: number,
  ) {
    this.handshake = setTimeout(() => link.refuse('terminal-relay.handshake_timed_out', 'No hello came in time.'), handshakeTimeoutMs);
    link.send({ frame: 'challenge', challenge: this.challenge });
  }

  /** The session on it whose terminal was heard lately. */
  get sessionId(): SessionId | undefined {
    return this.session?.sessionId;
  }

  onFrame(frame: AgentFrame): void {
    const { session } = this;
    if (this.phase === 'greeting' && frame.frame === 'enrol') this.ask('enrol terminal', () => this.enrol(frame));
    else if (this.phase === 'greeting' && frame.frame === 'hello') this.ask('open session', () => this.hello(frame));
    else if (session !== undefined && this.phase === 'attached' && frame.frame === 'taken') session.taken(frame.orderId);
    else if (session !== undefined && this.phase === 'attached' && frame.frame === 'result') void session.result(frame);
    else this.link.refuse('terminal-relay.frame_not_expected', `frame: ${frame.frame} is not expected now`);
  }

  onEnd(reason: DetachReason): void {
    clearTimeout(this.handshake);
    this.phase = 'ended';
    if (this.session !== undefined) this.attaching.detach(this.session, reason);
  }

  /** Asks the dispatcher once; what it refuses, the terminal is told under the same code. */
  private ask(name: string, question: () => Promise<void>): void {
    clearTimeout(this.handshake);
    this.phase = 'asking';
    withSpan(name, { kind: 'server' }, question).catch((thrown: unknown) => {
      const { kind, code, message } = asAppError(thrown);
      const mayHeal = kind === 'busy' || kind === 'broken';
      this.link.refuse(
        code,
        mayHeal ? 'The platform is not available at the moment.' : message,
        mayHeal ? { retryAfterMs: BUSY_RETRY_MS } : {},
      );
    });
  }

  private async enrol({ request }: Extract<AgentFrame, { frame: 'enrol' }>): Promise<void> {
    const { receipt } = await this.bus.request(enrolTerminal, { request });
    this.link.send({ frame: 'enrolled', receipt });
    this.link.close(CLOSE.normal, 'closed');
  }

  private async hello({ proof }: Extract<AgentFrame, { frame: 'hello' }>): Promise<void> {
    const ids = await this.bus.request(openSession, { proof, challenge: this.challenge });
    if (!this.link.isOpen) return;
    this.link.terminalId = ids.terminalId;
    const session = await this.attaching.attach(this.link, ids);
    // The link may have ended while that was stored: then nobody else will detach it.
    if (!this.link.isOpen || this.phase === 'ended') return this.attaching.detach(session, 'closed');
    this.session = session;
    this.phase = 'attached';
    this.link.welcome();
    session.welcome();
  }
}
