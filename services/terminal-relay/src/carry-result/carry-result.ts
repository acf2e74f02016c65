/**
 * Carries a sealed result to the parser, and tells the terminal what became of it: stored (`ack`), to be sent again
 * (`retry`), or never to be taken (`discard`). It sees the size and the order's id. Nothing is kept here: when this
 * process dies, the terminal has no answer and sends the result again, and the parser takes it once. (A4)
 */
import { type AgentFrame, acceptResult } from '@enishi/contracts';
import { type AppError, asAppError } from '@enishi/errors';
import { Bus } from '@enishi/messaging';
import { withSpan } from '@enishi/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import type { Attachment } from '../attach-terminal/attach-terminal.js';
import { CONFIG, type Config } from '../config.js';
import { events } from '../events.js';
import type { TerminalSocket } from '../terminal-door/terminal-socket.js';

const RETRY_AFTER_MS = 500;
const RETRY_SPREAD_MS = 1_500;

@Injectable()
export class CarryResult {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(Bus) private readonly bus: Bus,
  ) {}

  async run(attachment: Attachment, frame: Extract<AgentFrame, { frame: 'result' }>, socket: TerminalSocket): Promise<void> {
    const { carrying } = attachment;
    if (carrying.size >= this.config.RESULTS_AT_ONCE) {
      socket.send({ frame: 'retry', orderId: frame.orderId, afterMs: retryAfter() });
      return;
    }
    const carried = this.carry(attachment, frame, socket);
    carrying.add(carried);
    await carried;
    carrying.delete(carried);
  }

  private async carry(
    { terminalId }: Attachment,
    { orderId, jwe, traceparent }: Extract<AgentFrame, { frame: 'result' }>,
    socket: TerminalSocket,
  ): Promise<void> {
    try {
      await withSpan('terminal result', { kind: 'server', parent: traceparent, attributes: { 'enishi.order.id': orderId } }, () =>
        this.bus.request(acceptResult, { orderId, terminalId, jwe }),
      );
      events.resultCarried({ terminalId, orderId }, 'ack', jwe.length);
      socket.send({ frame: 'ack', orderId });
    } catch (thrown) {
      const error = asAppError(thrown);
      const answer = isFinal(error) ? 'discard' : 'retry';
      events.resultCarried({ terminalId, orderId }, answer, jwe.length, error.code);
      if (answer === 'discard') socket.send({ frame: 'discard', orderId, code: error.code });
      else socket.send({ frame: 'retry', orderId, afterMs: retryAfter() });
    }
  }

  /** Resolves when nothing of this terminal is on its way any more. */
  async settled({ carrying }: Attachment): Promise<void> {
    while (carrying.size > 0) await Promise.all(carrying);
  }
}

/** The parser has spoken, and will say the same again. */
function isFinal({ kind }: AppError): boolean {
  return kind === 'denied' || kind === 'conflict' || kind === 'missing' || kind === 'invalid';
}

function retryAfter(): number {
  return RETRY_AFTER_MS + Math.floor(Math.random() * RETRY_SPREAD_MS);
}
