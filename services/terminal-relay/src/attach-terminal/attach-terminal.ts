/**
 * Attaches a terminal to this process: the dispatcher checks its proof and opens the session, this process subscribes
 * to the session's own subjects, tells that the terminal is there, and welcomes it.
 *
 * When it dies at any line: before the commit nobody knows of the session and the terminal comes again; after it,
 * orders to the session find nobody (platform.nobody_answers) until the terminal's next session replaces it.
 */
import { randomUUID } from 'node:crypto';
import { closeSession, deliverOrder, openSession, type SessionId, type TerminalId, terminalAttached } from '@enishi/contracts';
import { type AddressedAnswer, Bus } from '@enishi/messaging';
import { withSpan } from '@enishi/telemetry';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, type Config } from '../config.js';
import { Database } from '../database.store.js';
import { OrderHandover } from '../deliver-order/order-handover.js';
import { events } from '../events.js';
import { type DetachReason, SessionStore } from '../session.store.js';
import type { TerminalSocket } from '../terminal-door/terminal-socket.js';

export interface Attachment {
  readonly sessionId: SessionId;
  readonly terminalId: TerminalId;
  readonly orders: OrderHandover;
  readonly answers: readonly AddressedAnswer[];
  /** Results on their way to the parser. */
  readonly carrying: Set<Promise<void>>;
}

const RENEW_EVERY_MS = 15_000;
const PRUNE_EVERY_MS = 3_600_000;
const REPLACED = 1008;

@Injectable()
export class AttachTerminal implements OnApplicationShutdown {
  /** Told beside each session: which process held it. */
  private readonly replica = `relay-${randomUUID().slice(0, 8)}`;
  private readonly attached = new Map<SessionId, Attachment>();
  private readonly timers: readonly NodeJS.Timeout[];

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(Bus) private readonly bus: Bus,
    @Inject(Database) private readonly database: Database,
    @Inject(SessionStore) private readonly sessions: SessionStore,
  ) {
    this.timers = [setInterval(() => void this.renew(), RENEW_EVERY_MS), setInterval(() => void this.prune(), PRUNE_EVERY_MS)];
  }

  async run(
    hello: { proof: string; challenge: string },
    socket: TerminalSocket,
    onAttached: (attachment: Attachment) => void,
  ): Promise<Attachment> {
    return withSpan('terminal hello', { kind: 'server' }, async () => {
      const { sessionId, terminalId } = await this.bus.request(openSession, hello);
      const attachment = this.hold(sessionId, terminalId, socket);
      onAttached(attachment);
      try {
        await this.tell(attachment);
      } catch (error) {
        events.attachFailed(error);
        await this.detach(attachment, 'closed');
        throw error;
      }
      return attachment;
    });
  }

  /** Subscribes to the subjects of this one session: NATS itself brings orders to this process. */
  private hold(sessionId: SessionId, terminalId: TerminalId, socket: TerminalSocket): Attachment {
    const orders = new OrderHandover(socket, this.config.TAKEN_WITHIN_MS);
    const attachment: Attachment = {
      sessionId,
      terminalId,
      orders,
      carrying: new Set(),
      answers: [
        this.bus.answerAddressed(deliverOrder, sessionId, (order) => orders.handOver(order)),
        this.bus.answerAddressed(closeSession, sessionId, async ({ reason }) => {
          await this.detach(attachment, reason);
          socket.send({ frame: 'refused', ...(reason === 'revoked' ? REVOKED : SUPERSEDED) });
          socket.close(REPLACED, reason);
          return { closed: true as const };
        }),
      ],
    };
    this.attached.set(sessionId, attachment);
    return attachment;
  }

  /** The row and the fact in one transaction; the welcome before anybody acts on the fact. */
  private async tell({ sessionId, terminalId, orders }: Attachment): Promise<void> {
    const attachedAt = new Date();
    await this.database.transaction(async (tx) => {
      await this.sessions.attached(tx, { sessionId, terminalId, replica: this.replica, attachedAt });
      await this.bus.emit(tx, terminalAttached, { sessionId, terminalId, attachedAt: attachedAt.toISOString() });
    });
    orders.welcome(sessionId);
    this.bus.poke();
    events.attached({ terminalId, sessionId }, this.attached.size);
  }

  /** Takes no more orders for the session. Asked twice, the first reason counts. */
  async detach(attachment: Attachment, reason: DetachReason): Promise<void> {
    const { sessionId, terminalId, orders, answers } = attachment;
    if (!this.attached.delete(sessionId)) return;
    orders.end();
    events.detached({ sessionId, terminalId }, reason, this.attached.size);
    await Promise.all(answers.map((answer) => answer.stop()));
    // Presence is for people: when it cannot be written now, the row goes stale by itself.
    await this.sessions.detached(sessionId, reason, new Date()).catch(events.presenceNotWritten);
  }

  private async renew(): Promise<void> {
    await this.sessions.renew([...this.attached.keys()], new Date()).catch(events.presenceNotWritten);
  }

  private async prune(): Promise<void> {
    await this.sessions.prune(new Date()).catch(events.presenceNotWritten);
  }

  onApplicationShutdown(): void {
    for (const timer of this.timers) clearInterval(timer);
  }
}

const REVOKED = { code: 'command-dispatcher.terminal_revoked', message: 'This terminal was revoked.' };
const SUPERSEDED = { code: 'terminal-relay.session_replaced', message: 'A newer session of this terminal has taken its place.' };
