/** One WebSocket to the relay, until it ends: frames parsed at the door, and found dead when silent. (A7) */
import type { IncomingMessage } from 'node:http';
import {
  type AgentFrame,
  MAX_FRAME_BYTES,
  PING_INTERVAL_MS,
  RelayFrame,
  SILENCE_LIMIT_MS,
  TERMINAL_PATH,
  TERMINAL_SUBPROTOCOL,
} from '@enishi/contracts';
import { type RawData, WebSocket } from 'ws';
import { systemTrust } from '../system-trust.js';

const HANDSHAKE_LIMIT_MS = 15_000;
const CLOSE_LIMIT_MS = 2_000;
/** WebSocket close codes (RFC 6455 §7.4.1). */
const NOT_CONSISTENT = 1007;

export interface LinkEnd {
  /** Plain words. */
  readonly reason: string;
  readonly retryAfterMs: number;
}

export interface RelayLink {
  /** Resolves when the frame has left this process; false when the link is gone. */
  send(frame: AgentFrame): Promise<boolean>;
  close(code: number, reason: string): void;
  readonly ended: Promise<LinkEnd>;
}

export interface LinkOptions {
  readonly url: string;
  /** PEM; null: the system's trust store. */
  readonly ca: string | null;
  readonly onFrame: (frame: RelayFrame) => void;
  readonly pingIntervalMs?: number;
  readonly silenceLimitMs?: number;
}

/** The path of terminals is put on when the URL names only a host. */
export function terminalUrl(relay: string): string {
  const url = new URL(relay);
  if (url.pathname === '/') url.pathname = TERMINAL_PATH;
  return url.href;
}

/** The URL's own code or our words, never the text of the other end. */
function reasonOf(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  if (/^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT)/.test(code)) return `the relay's certificate is not trusted (${code})`;
  return code === 'ECONNREFUSED' ? 'nobody answers at the relay' : `the link broke (${code})`;
}

function retryAfterOf(response: IncomingMessage): number {
  const seconds = Number(response.headers['retry-after'] ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 3_600) * 1_000 : 0;
}

function parseFrame(data: RawData, isBinary: boolean): RelayFrame | null {
  if (isBinary || !Buffer.isBuffer(data)) return null;
  try {
    const parsed = RelayFrame.safeParse(JSON.parse(data.toString('utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

export function openLink(options: LinkOptions): RelayLink {
  const { pingIntervalMs = PING_INTERVAL_MS, silenceLimitMs = SILENCE_LIMIT_MS } = options;
  const { promise: ended, resolve: end } = Promise.withResolvers<LinkEnd>();
  let reason: string | undefined;
  let retryAfterMs = 0;
  let lastHeard = performance.now();
  const socket = new WebSocket(terminalUrl(options.url), [TERMINAL_SUBPROTOCOL], {
    ca: options.ca ?? systemTrust(),
    handshakeTimeout: HANDSHAKE_LIMIT_MS,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    followRedirects: false,
    minVersion: 'TLSv1.2',
  });
  const heard = () => {
    lastHeard = performance.now();
  };
  // A half-open link says nothing; neither does one of a PC that slept. Both are ended here and opened anew.
  const liveness = setInterval(() => {
    if (performance.now() - lastHeard > silenceLimitMs) {
      reason ??= `the relay was silent for ${Math.round(silenceLimitMs / 1000)} s`;
      socket.terminate();
    } else if (socket.readyState === WebSocket.OPEN) socket.ping();
  }, pingIntervalMs);
  socket.on('open', heard);
  socket.on('ping', heard);
  socket.on('pong', heard);
  socket.on('message', (data, isBinary) => {
    heard();
    const frame = parseFrame(data, isBinary);
    if (frame) return options.onFrame(frame);
    reason ??= 'the relay sent a malformed frame';
    socket.close(NOT_CONSISTENT, 'malformed frame');
  });
  socket.on('unexpected-response', (request, response) => {
    reason ??= `the relay answered ${response.statusCode}`;
    retryAfterMs = retryAfterOf(response);
    request.destroy();
    socket.terminate();
  });
  socket.on('error', (error) => {
    reason ??= reasonOf(error);
  });
  socket.on('close', (code) => {
    clearInterval(liveness);
    end({ reason: reason ?? `the relay closed the link (${code})`, retryAfterMs });
  });
  return {
    ended,
    send: (frame) =>
      new Promise((resolve) => {
        if (socket.readyState !== WebSocket.OPEN) return resolve(false);
        socket.send(JSON.stringify(frame), (error) => resolve(!error));
      }),
    close: (code, words) => {
      reason ??= words;
      socket.close(code, words);
      // A relay that does not answer the close is not waited for.
      setTimeout(() => socket.terminate(), CLOSE_LIMIT_MS).unref();
    },
  };
}
