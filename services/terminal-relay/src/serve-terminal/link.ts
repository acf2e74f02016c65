/** One WebSocket to one terminal: frames in and out, each parsed at the door, its limits, and whether it still lives. */
import type { Readable } from 'node:stream';
import { AgentFrame, MAX_FRAME_BYTES, type RelayFrame } from '@enishi/contracts';
import { fromZod } from '@enishi/errors';
import type { RawData, WebSocket } from 'ws';
import { TokenBucket } from '../accept-terminals/token-bucket.js';
import { events } from '../events.js';
import type { DetachReason } from '../session.store.js';

/** RFC 6455 §7.4.1; 1012 and 1013 from the IANA registry. */
export const CLOSE = { normal: 1000, policy: 1008, restart: 1012 } as const;
/** Seconds of frames that may be saved up. */
const BURST_SECONDS = 10;
/** Until the welcome, all that a link may bring: the largest proof that the contract allows (100 000 characters), with room. */
export const MAX_BYTES_BEFORE_WELCOME = 131_072;
/** A peer that reads nothing must not fill our memory. */
const MAX_UNSENT_BYTES = 4 * MAX_FRAME_BYTES;
const CLOSE_LIMIT_MS = 2_000;
const MAX_MESSAGE = 500;

/** Why this relay itself ends a link; others' codes are passed on as they are. */
export type RelayRefusal =
  | 'terminal-relay.frame_not_valid'
  | 'terminal-relay.frame_not_expected'
  | 'terminal-relay.too_many_frames'
  | 'terminal-relay.handshake_timed_out'
  | 'terminal-relay.session_replaced';

export interface LinkLimits {
  readonly framesPerSecond: number;
  readonly pingMs: number;
  readonly silenceMs: number;
}

export class Link {
  /** Of the session on it, once there is one; for the log. */
  terminalId: string | undefined;
  private readonly bucket: TokenBucket;
  private heardAt = performance.now();
  private pingedAt = performance.now();
  private ending: DetachReason | undefined;
  private bytesBeforeWelcome = 0;

  constructor(
    private readonly socket: WebSocket,
    private readonly wire: Readable,
    private readonly limits: LinkLimits,
    handlers: { onFrame(frame: AgentFrame): void; onEnd(reason: DetachReason): void },
  ) {
    this.bucket = new TokenBucket(limits.framesPerSecond, limits.framesPerSecond * BURST_SECONDS, performance.now());
    wire.on('data', this.weigh);
    socket.on('pong', () => this.heard());
    socket.on('ping', () => this.heard());
    socket.on('message', (data, isBinary) => {
      this.heard();
      const frame = this.read(data, isBinary);
      if (frame !== undefined) handlers.onFrame(frame);
    });
    // A frame beyond the limit arrives here too: ws has closed with 1009 by then.
    socket.on('error', () => {
      this.ending ??= 'misbehaved';
    });
    socket.on('close', () => handlers.onEnd(this.ending ?? 'closed'));
  }

  /** From here on it is known whose link it is, and frames may be as large as the contract says. */
  welcome(): void {
    this.wire.off('data', this.weigh);
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN && this.ending === undefined;
  }

  /** Milliseconds since anything was heard. */
  get silentMs(): number {
    return performance.now() - this.heardAt;
  }

  /** False when it cannot be sent: the terminal is gone, or reads too slowly. */
  send(frame: RelayFrame): boolean {
    if (!this.isOpen || this.socket.bufferedAmount > MAX_UNSENT_BYTES) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Tells why, then ends. `message` has no value of what was refused. */
  refuse(code: string, message: string, options: { retryAfterMs?: number; reason?: DetachReason } = {}): void {
    if (!this.isOpen) return;
    events.linkRefused({ terminalId: this.terminalId, code });
    const { retryAfterMs } = options;
    this.send({ frame: 'refused', code, message: message.slice(0, MAX_MESSAGE), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
    this.close(CLOSE.policy, options.reason ?? 'misbehaved');
  }

  close(code: number, reason: DetachReason): void {
    if (this.ending !== undefined) return;
    this.ending = reason;
    this.socket.close(code);
    // A peer that does not answer the close is not waited for.
    setTimeout(() => this.socket.terminate(), CLOSE_LIMIT_MS).unref();
  }

  /** Called about once a second: a half-open link is found when it has been silent for too long. */
  beat(): void {
    const now = performance.now();
    if (now - this.heardAt > this.limits.silenceMs) {
      this.ending ??= 'silent';
      this.socket.terminate();
    } else if (now - this.pingedAt >= this.limits.pingMs && this.socket.readyState === this.socket.OPEN) {
      this.pingedAt = now;
      this.socket.ping();
    }
  }

  /**
   * Counted on the wire: a frame is seen only when it is whole, and ws has one limit for all frames of a link, which has to
   * be that of results. Whoever has proven nothing must not make us hold so much. Not told why: it would go on sending.
   */
  private readonly weigh = (chunk: Buffer): void => {
    this.bytesBeforeWelcome += chunk.length;
    if (this.bytesBeforeWelcome <= MAX_BYTES_BEFORE_WELCOME) return;
    this.wire.off('data', this.weigh);
    events.linkRefused({ terminalId: this.terminalId, code: 'terminal-relay.frame_not_valid' });
    this.ending ??= 'misbehaved';
    this.socket.terminate();
  };

  private heard(): void {
    this.heardAt = performance.now();
  }

  private read(data: RawData, isBinary: boolean): AgentFrame | undefined {
    if (!this.isOpen) return undefined;
    if (this.bucket.take(performance.now()) !== null)
      return this.refuseFrame('terminal-relay.too_many_frames', 'Too many frames in a short time.');
    if (isBinary) return this.refuseFrame('terminal-relay.frame_not_valid', 'frame: must be text');
    let json: unknown;
    try {
      json = JSON.parse(textOf(data));
    } catch {
      return this.refuseFrame('terminal-relay.frame_not_valid', 'frame: must be JSON');
    }
    const parsed = AgentFrame.safeParse(json);
    if (!parsed.success) return this.refuseFrame('terminal-relay.frame_not_valid', fromZod(parsed.error, 'frame').message);
    events.frameReceived(parsed.data.frame);
    return parsed.data;
  }

  private refuseFrame(code: RelayRefusal, message: string): undefined {
    this.refuse(code, message);
    return undefined;
  }
}

function textOf(data: RawData): string {
  return (Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? Buffer.from(data) : data).toString('utf8');
}
