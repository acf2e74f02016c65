/** One WebSocket of a terminal: frames parsed at the door, limits held, found dead when silent. It knows no service. */
import { AgentFrame, MAX_FRAME_BYTES, type RelayFrame } from '@enishi/contracts';
import type { RawData, WebSocket } from 'ws';
import { frameNotValid, type Refusal, tooManyFrames } from './refusal.js';

export interface SocketLimits {
  readonly framesPerSecond: number;
  readonly pingIntervalMs: number;
  readonly silenceLimitMs: number;
}

/** A peer that does not answer the close is cut off. */
const CLOSE_WITHIN_MS = 2_000;
/** Frames that the terminal does not read in time are not piled up without end. */
const MAX_BUFFERED_BYTES = 4 * MAX_FRAME_BYTES;

export class TerminalSocket {
  /** Set when this side ended it: told as the reason of the detachment. */
  endedBecause: 'misbehaved' | 'silent' | undefined;
  private lastHeard = performance.now();
  private second = 0;
  private frames = 0;
  private readonly liveness: NodeJS.Timeout;

  constructor(
    private readonly socket: WebSocket,
    limits: SocketLimits,
    private readonly onFrame: (frame: AgentFrame) => void,
    private readonly onEnd: () => void,
    private readonly onRefused: (refusal: Refusal) => void,
  ) {
    const heard = () => {
      this.lastHeard = performance.now();
    };
    socket.on('pong', heard);
    socket.on('ping', heard);
    socket.on('message', (data: RawData, isBinary: boolean) => {
      heard();
      this.take(data, isBinary, limits.framesPerSecond);
    });
    // The close event follows and carries what has to be done.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(this.liveness);
      this.onEnd();
    });
    this.liveness = setInterval(() => this.look(limits.silenceLimitMs), limits.pingIntervalMs);
  }

  /** A half-open connection answers no ping: both ends look, so each finds it within the limit. */
  private look(silenceLimitMs: number): void {
    if (performance.now() - this.lastHeard > silenceLimitMs) {
      this.endedBecause = 'silent';
      this.socket.terminate();
    } else if (this.open) this.socket.ping();
  }

  get open(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  private take(data: RawData, isBinary: boolean, framesPerSecond: number): void {
    if (this.endedBecause === 'misbehaved') return;
    const second = Math.floor(performance.now() / 1_000);
    if (second !== this.second) {
      this.second = second;
      this.frames = 0;
    }
    this.frames += 1;
    if (this.frames > framesPerSecond) return this.refuse(tooManyFrames);
    if (isBinary || !Buffer.isBuffer(data)) return this.refuse(frameNotValid('frame', 'must be text'));
    const frame = readFrame(data);
    if ('code' in frame) this.refuse(frame);
    else this.onFrame(frame);
  }

  /** False when the terminal cannot be given it now. */
  send(frame: RelayFrame): boolean {
    if (!this.open || this.socket.bufferedAmount > MAX_BUFFERED_BYTES) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Tells why, then ends the connection. */
  refuse({ code, message, closeCode, retryAfterMs }: Refusal): void {
    this.endedBecause = 'misbehaved';
    this.onRefused({ code, message, closeCode });
    this.send({ frame: 'refused', code, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
    this.close(closeCode, code);
  }

  close(closeCode: number, reason: string): void {
    this.socket.close(closeCode, reason);
    setTimeout(() => this.socket.terminate(), CLOSE_WITHIN_MS).unref();
  }
}

/** Names the place of what is wrong, never the value. */
function readFrame(data: Buffer): AgentFrame | Refusal {
  let json: unknown;
  try {
    json = JSON.parse(data.toString('utf8'));
  } catch {
    return frameNotValid('frame', 'is not JSON');
  }
  const parsed = AgentFrame.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return frameNotValid(['frame', ...(issue?.path ?? [])].join('.'), issue?.message ?? 'does not fit');
}
