import type { Readable } from 'node:stream';
import { type SessionId, type TerminalId, terminalAttached } from '@enishi/contracts';
import { Bus } from '@enishi/messaging';
import { CONFIG } from '@enishi/service';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { WebSocket } from 'ws';
import type { Config } from '../config.js';
import { Database } from '../database.store.js';
import { events } from '../events.js';
import { type DetachReason, SessionStore } from '../session.store.js';
import { AttachedSession } from './attached-session.js';
import { ByteBudget } from './byte-budget.js';
import { type Attaching, Conversation } from './conversation.js';
import { CLOSE, Link } from './link.js';

const TOUCH_MS = 5_000;
const TIDY_MS = 30_000;
const DRAIN_LIMIT_MS = 3_000;
const DRAIN_LOOK_MS = 20;

/** All links of this process. */
@Injectable()
export class ServeTerminal implements Attaching, OnApplicationBootstrap {
  private readonly conversations = new Set<Conversation>();
  private readonly budget: ByteBudget;
  private readonly timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly bus: Bus,
    private readonly database: Database,
    private readonly sessions: SessionStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.budget = new ByteBudget(config.RESULT_BYTES_AT_ONCE);
  }

  get count(): number {
    return this.conversations.size;
  }

  onApplicationBootstrap(): void {
    const beatMs = Math.min(1_000, this.config.PING_MS);
    this.timers.push(
      setInterval(() => {
        for (const { link } of this.conversations) link.beat();
      }, beatMs),
      setInterval(() => void this.touch(), TOUCH_MS),
      setInterval(() => void this.sessions.tidy().catch(events.presenceFailed), TIDY_MS),
    );
  }

  /** `wire` is what the WebSocket runs on. */
  serve(socket: WebSocket, wire: Readable): void {
    const { config } = this;
    const link = new Link(
      socket,
      wire,
      { framesPerSecond: config.FRAMES_PER_SECOND, pingMs: config.PING_MS, silenceMs: config.SILENCE_MS },
      {
        onFrame: (frame) => conversation.onFrame(frame),
        onEnd: (reason) => {
          this.conversations.delete(conversation);
          conversation.onEnd(reason);
        },
      },
    );
    const conversation = new Conversation(link, this.bus, this, config.HANDSHAKE_TIMEOUT_MS);
    this.conversations.add(conversation);
  }

  /**
   * Reachable first, told afterwards: who hears that the terminal is attached finds it. NATS sees the subscription before
   * the event, for both go over one connection.
   */
  async attach(link: Link, { sessionId, terminalId }: { sessionId: SessionId; terminalId: TerminalId }): Promise<AttachedSession> {
    const session = new AttachedSession(sessionId, terminalId, link, this.bus, this.budget, {
      takenTimeoutMs: this.config.TAKEN_TIMEOUT_MS,
      resultsAtOnce: this.config.RESULTS_AT_ONCE,
    });
    try {
      await this.database.transaction(async (tx) => {
        const attachedAt = await this.sessions.attach(tx, sessionId, terminalId);
        await this.bus.emit(tx, terminalAttached, { terminalId, sessionId, attachedAt: attachedAt.toISOString() });
      });
    } catch (error) {
      session.end();
      throw error;
    }
    // Dying before the commit: no row and no event; the terminal sees its link end, and comes again. After it: the event
    // goes out from any replica, whoever follows it finds nobody, and the terminal comes again with another session.
    this.bus.poke();
    events.terminalAttached({ terminalId, sessionId });
    return session;
  }

  detach(session: AttachedSession, reason: DetachReason): void {
    const { sessionId, terminalId } = session;
    session.end();
    events.terminalDetached({ terminalId, sessionId, reason });
    // Lost when Postgres is away: the row is not touched any more, and counts as not attached.
    void this.sessions.detach(sessionId, reason).catch(events.presenceFailed);
  }

  /** Closes all links with "service restart": terminals come again at once, to whoever accepts them. */
  async drain(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    for (const { link } of this.conversations) link.close(CLOSE.restart, 'draining');
    const deadline = performance.now() + DRAIN_LIMIT_MS;
    while (this.conversations.size > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, DRAIN_LOOK_MS));
    await this.sessions.detachAll().catch(events.presenceFailed);
  }

  private async touch(): Promise<void> {
    const heard = [...this.conversations]
      .filter(({ link }) => link.silentMs <= this.config.SILENCE_MS)
      .map(({ sessionId }) => sessionId)
      .filter((sessionId) => sessionId !== undefined);
    await this.sessions.touch(heard).catch(events.presenceFailed);
  }
}
