/** Keeps a session with the relay, for ever: the only end is "this terminal was revoked", or the user's own stop. (A1) */
import { type FSWatcher, watch } from 'node:fs';
import type { OrderId, RelayFrame, SessionId } from '@enishi/contracts';
import { randomToken, SESSION_TYP, sign } from '@enishi/crypto';
import type { Identity } from '../home/home.js';
import type { LinkState } from '../home/state-file.js';
import { SequenceWindow } from '../order/check-sequence.js';
import { backoffMs, GOOD_SESSION_MS } from '../relay/backoff.js';
import { type LinkEnd, openLink, type RelayLink } from '../relay/relay-link.js';
import { type DeskParts, OrderDesk, type OrderFrame } from './order-desk.js';

export const REVOKED_CODE = 'command-dispatcher.terminal_revoked';
/** From the open link to `welcome`. */
const WELCOME_LIMIT_MS = 20_000;
/** A result that is neither confirmed nor refused is sent again after this. */
const RESEND_AFTER_MS = 45_000;
/** fs.watch is quick and may miss; looking now and then is slow and does not. */
const VAULT_LOOK_MS = 5_000;
const STOP_LIMIT_MS = 7_000;
/** Whatever the relay asks: results are large. */
const MIN_RESEND_MS = 100;
/** Order frames that wait to be looked at; more are dropped, for no honest relay sends them. */
export const MAX_FRAMES_AHEAD = 256;

export interface AgentParts extends DeskParts {
  readonly identity: Identity;
  readonly version: string;
  readonly homeFolder: string;
  readonly writeState: (state: Omit<LinkState, 'since'>) => void;
  readonly random?: () => number;
}

interface Session {
  readonly link: RelayLink;
  readonly nonce: string;
  readonly sequences: SequenceWindow;
  /** What the platform was told in `hello`. */
  readonly credentials: string;
  sessionId: SessionId | null;
  welcomedAt: number;
  revoked: boolean;
  retryAfterMs: number;
  reason: string | null;
  /** The user gave new secrets: open a new session at once. */
  renew: boolean;
}

export class Agent {
  private readonly desk: OrderDesk;
  private session: Session | undefined;
  private readonly resends = new Map<OrderId, NodeJS.Timeout>();

  constructor(private readonly parts: AgentParts) {
    this.desk = new OrderDesk(parts, (orderId) => void this.sendResult(orderId));
  }

  /** Resolves when `stop` aborts, or the platform has revoked this terminal. */
  async run(stop: AbortSignal): Promise<'stopped' | 'revoked'> {
    const { say, writeState } = this.parts;
    await this.desk.settleInterrupted();
    const unwatch = this.watchVault();
    let failures = 0;
    try {
      while (!stop.aborted) {
        writeState({ link: 'connecting', sessionId: null, reason: this.session?.reason ?? null, nextTryAt: null });
        const session = await this.runSession(stop);
        if (session.revoked) {
          writeState({ link: 'revoked', sessionId: null, reason: session.reason, nextTryAt: null });
          return 'revoked';
        }
        if (stop.aborted) break;
        if (session.renew) continue;
        const wasGood = session.sessionId !== null && performance.now() - session.welcomedAt >= GOOD_SESSION_MS;
        failures = wasGood ? 1 : failures + 1;
        const waitMs = backoffMs(failures, session.retryAfterMs, (this.parts.random ?? Math.random)());
        const nextTryAt = new Date(Date.now() + waitMs).toISOString();
        writeState({ link: 'waiting', sessionId: null, reason: session.reason, nextTryAt });
        say(`not connected: ${session.reason}; next try in ${(waitMs / 1000).toFixed(1)} s`);
        await pause(waitMs, stop);
      }
      // Orders under way get their chance to end; what does not is found as `started` at the next start.
      const idle = new AbortController();
      void this.desk.whenIdle().then(() => idle.abort());
      await pause(STOP_LIMIT_MS, idle.signal);
      return 'stopped';
    } finally {
      unwatch();
      for (const timer of this.resends.values()) clearTimeout(timer);
    }
  }

  private async runSession(stop: AbortSignal): Promise<Session> {
    const { identity } = this.parts;
    const link = openLink({ url: identity.relayUrl, ca: identity.relayCa, onFrame: (frame) => this.onFrame(session, frame) });
    const session: Session = {
      link,
      nonce: randomToken(32),
      sequences: new SequenceWindow(),
      credentials: JSON.stringify(this.parts.vault.credentialVersions()),
      sessionId: null,
      welcomedAt: 0,
      revoked: false,
      retryAfterMs: 0,
      reason: null,
      renew: false,
    };
    this.session = session;
    const onStop = () => link.close(1001, 'the agent stops');
    stop.addEventListener('abort', onStop);
    if (stop.aborted) onStop();
    const welcome = setTimeout(() => {
      if (session.sessionId === null) link.close(1002, 'no welcome in time');
    }, WELCOME_LIMIT_MS);
    const end: LinkEnd = await link.ended;
    clearTimeout(welcome);
    stop.removeEventListener('abort', onStop);
    session.reason ??= end.reason;
    session.retryAfterMs = Math.max(session.retryAfterMs, end.retryAfterMs);
    return session;
  }

  private greeted = new WeakSet<Session>();
  /** Order frames one after the other: sequence and journal are asked and changed in one go. */
  private chain: Promise<void> = Promise.resolve();
  private framesAhead = 0;

  private onFrame(session: Session, frame: RelayFrame): void {
    try {
      this.follow(session, frame);
    } catch (error) {
      // A disk that is full, for example: the session goes on, and what was not written is done again.
      this.parts.say(`a frame could not be followed: ${error instanceof Error ? error.message : 'unknown'}`);
    }
  }

  private follow(session: Session, frame: RelayFrame): void {
    const { say } = this.parts;
    switch (frame.frame) {
      case 'challenge':
        return this.greet(session, frame.challenge);
      case 'welcome':
        return this.welcomed(session, frame.sessionId);
      case 'order':
        if (this.framesAhead >= MAX_FRAMES_AHEAD) return;
        this.framesAhead += 1;
        this.chain = this.chain
          .then(() => this.onOrder(session, frame))
          .catch((error: unknown) => say(`an order could not be taken: ${error instanceof Error ? error.message : 'unknown'}`))
          .then(() => {
            this.framesAhead -= 1;
          });
        return;
      case 'ack':
        this.forgetResend(frame.orderId);
        return this.desk.delivered(frame.orderId);
      case 'discard':
        this.forgetResend(frame.orderId);
        say(`the platform does not want the result of order ${frame.orderId} (${frame.code})`);
        return this.desk.discarded(frame.orderId, frame.code);
      case 'retry':
        return this.resendAfter(frame.orderId, frame.afterMs);
      case 'refused':
        session.revoked = frame.code === REVOKED_CODE;
        session.retryAfterMs = frame.retryAfterMs ?? 0;
        session.reason = `the platform refused: ${frame.message} (${frame.code})`;
        return session.link.close(1000, 'refused');
      case 'enrolled':
        return session.link.close(1002, 'nothing was to be enrolled');
    }
  }

  private greet(session: Session, challenge: string): void {
    if (this.greeted.has(session)) return session.link.close(1002, 'a second challenge');
    this.greeted.add(session);
    const { identity, keys, version, now } = this.parts;
    const proof = {
      terminalId: identity.terminalId,
      challenge,
      sessionNonce: session.nonce,
      agentVersion: version,
      clock: Math.floor(now().getTime() / 1000),
      credentials: JSON.parse(session.credentials) as Record<string, string>,
    };
    void session.link.send({ frame: 'hello', proof: sign(proof, keys.signing, { typ: SESSION_TYP }) });
  }

  private welcomed(session: Session, sessionId: SessionId): void {
    session.sessionId = sessionId;
    session.welcomedAt = performance.now();
    this.parts.writeState({ link: 'connected', sessionId, reason: null, nextTryAt: null });
    this.parts.say(`connected (${sessionId})`);
    void this.sendOpenResults(session);
    this.renewIfChanged();
  }

  private async onOrder(session: Session, frame: OrderFrame): Promise<void> {
    const reception = await this.desk.receive(frame, session);
    if (reception === 'ignored') return;
    await session.link.send({ frame: 'taken', orderId: frame.orderId });
    if (reception === 'resend') await this.sendResult(frame.orderId);
  }

  /** One after the other, so that a morning after an outage does not put all into memory. */
  private async sendOpenResults(session: Session): Promise<void> {
    for (const orderId of this.desk.answered()) if (this.session === session) await this.sendResult(orderId);
  }

  private async sendResult(orderId: OrderId): Promise<void> {
    const { session } = this;
    // Without a session it stays on the disk; `welcome` brings us here again.
    if (!session?.sessionId) return;
    const answer = this.desk.answerTo(orderId);
    if (!answer) return;
    await session.link.send({ frame: 'result', orderId, ...answer });
    this.resendAfter(orderId, RESEND_AFTER_MS);
  }

  private resendAfter(orderId: OrderId, afterMs: number): void {
    this.forgetResend(orderId);
    if (!this.desk.hasAnswer(orderId)) return;
    this.resends.set(
      orderId,
      setTimeout(() => void this.sendResult(orderId), Math.max(MIN_RESEND_MS, afterMs)),
    );
  }

  private forgetResend(orderId: OrderId): void {
    clearTimeout(this.resends.get(orderId));
    this.resends.delete(orderId);
  }

  /** The platform learns by a new session that the secrets are others. */
  private renewIfChanged(): void {
    const { session } = this;
    if (!session?.sessionId || session.renew) return;
    if (JSON.stringify(this.parts.vault.credentialVersions()) === session.credentials) return;
    session.renew = true;
    session.reason = null;
    this.parts.say('the vault was changed: opening a new session');
    session.link.close(1000, 'the vault was changed');
  }

  private watchVault(): () => void {
    const look = () => {
      try {
        this.renewIfChanged();
      } catch {
        this.parts.say('the vault cannot be read');
      }
    };
    let watcher: FSWatcher | undefined;
    try {
      watcher = watch(this.parts.homeFolder, (_event, name) => {
        if (name === null || name.startsWith('vault.sealed')) look();
      });
      watcher.on('error', () => watcher?.close());
    } catch {
      // Some file systems cannot be watched; looking now and then does it.
    }
    const timer = setInterval(look, VAULT_LOOK_MS);
    return () => {
      watcher?.close();
      clearInterval(timer);
    };
  }
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    if (signal?.aborted) done();
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done);
  });
}
