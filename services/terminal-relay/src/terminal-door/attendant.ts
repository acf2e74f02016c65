/** Meets each terminal at the door, and leads it: challenge, then enrolment or attachment, then orders and results. */
import type { AgentFrame, TerminalId } from '@enishi/contracts';
import { asAppError } from '@enishi/errors';
import { Inject, Injectable } from '@nestjs/common';
import type { WebSocket } from 'ws';
import { type Attachment, AttachTerminal } from '../attach-terminal/attach-terminal.js';
import { CarryResult } from '../carry-result/carry-result.js';
import { CONFIG, type Config } from '../config.js';
import { CarryEnrolment } from '../enrol-terminal/carry-enrolment.js';
import { events } from '../events.js';
import { helloLate, helloMissing, helloRepeated, refusalOf } from './refusal.js';
import { TerminalSocket } from './terminal-socket.js';

/** What was sent before the drain is carried for so long. */
const DRAIN_WITHIN_MS = 3_000;

/** One connection from its challenge to its end. */
interface Guest {
  readonly socket: TerminalSocket;
  readonly challenge: string;
  readonly lateTimer: NodeJS.Timeout;
  /** Set by the first frame: whatever comes of it, there is no second first frame. */
  greeted: boolean;
  attachment: Attachment | undefined;
  gone: boolean;
}

@Injectable()
export class Attendant {
  private readonly guests = new Set<Guest>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CarryEnrolment) private readonly carryEnrolment: CarryEnrolment,
    @Inject(AttachTerminal) private readonly attachTerminal: AttachTerminal,
    @Inject(CarryResult) private readonly carryResult: CarryResult,
  ) {}

  receive(webSocket: WebSocket, challenge: string): void {
    const { FRAMES_PER_SECOND, PING_INTERVAL_MS, SILENCE_LIMIT_MS } = this.config;
    const limits = { framesPerSecond: FRAMES_PER_SECOND, pingIntervalMs: PING_INTERVAL_MS, silenceLimitMs: SILENCE_LIMIT_MS };
    const guest: Guest = {
      challenge,
      greeted: false,
      gone: false,
      attachment: undefined,
      lateTimer: setTimeout(() => guest.socket.refuse(helloLate), this.config.HELLO_WITHIN_MS),
      socket: new TerminalSocket(
        webSocket,
        limits,
        (frame) => this.heed(guest, frame),
        () => this.bidFarewell(guest),
        ({ code }) => events.refused({ ...terminalOf(guest) }, code),
      ),
    };
    this.guests.add(guest);
    guest.socket.send({ frame: 'challenge', challenge });
  }

  private heed(guest: Guest, frame: AgentFrame): void {
    if (frame.frame === 'enrol' || frame.frame === 'hello') {
      if (guest.greeted) return guest.socket.refuse(helloRepeated);
      guest.greeted = true;
      clearTimeout(guest.lateTimer);
      const led = frame.frame === 'enrol' ? this.enrol(guest, frame) : this.attach(guest, frame);
      // What fails is told to the terminal under its own code; the connection ends, the terminal tries again or does not.
      void led.catch((error: unknown) => guest.socket.refuse(refusalOf(asAppError(error))));
      return;
    }
    if (!guest.attachment) return guest.socket.refuse(helloMissing);
    if (frame.frame === 'taken') guest.attachment.orders.taken(frame.orderId);
    else void this.carryResult.run(guest.attachment, frame, guest.socket);
  }

  private async enrol(guest: Guest, { request }: Extract<AgentFrame, { frame: 'enrol' }>): Promise<void> {
    const receipt = await this.carryEnrolment.run(request);
    guest.socket.send({ frame: 'enrolled', receipt });
    guest.socket.close(1000, 'enrolled');
  }

  private async attach(guest: Guest, { proof }: Extract<AgentFrame, { frame: 'hello' }>): Promise<void> {
    const attachment = await this.attachTerminal.run({ proof, challenge: guest.challenge }, guest.socket, (attached) => {
      guest.attachment = attached;
    });
    // It went away while it was attached: nobody else would detach it.
    if (guest.gone) await this.attachTerminal.detach(attachment, 'closed');
  }

  private bidFarewell(guest: Guest): void {
    clearTimeout(guest.lateTimer);
    guest.gone = true;
    this.guests.delete(guest);
    if (guest.attachment) void this.attachTerminal.detach(guest.attachment, guest.socket.endedBecause ?? 'closed');
  }

  /** Sends every terminal away; resolves when what they had sent is carried, or time is up. */
  async drain(closeCode: number): Promise<void> {
    const leaving = [...this.guests];
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, DRAIN_WITHIN_MS);
    });
    const attachments = leaving.flatMap(({ attachment }) => attachment ?? []);
    await Promise.race([Promise.all(attachments.map((attachment) => this.carryResult.settled(attachment))), limit]);
    clearTimeout(timer);
    await Promise.all(attachments.map((attachment) => this.attachTerminal.detach(attachment, 'draining')));
    for (const { socket } of leaving) socket.close(closeCode, 'service restart');
  }
}

function terminalOf(guest: Guest): { terminalId?: TerminalId } {
  return guest.attachment ? { terminalId: guest.attachment.terminalId } : {};
}
