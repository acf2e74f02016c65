/** Frames on the WebSocket between terminal-agent and terminal-relay: JSON text, one object a frame (A7: TLS below, seals inside). */
import { z } from 'zod';
import { OrderId, SessionId } from '../ids.js';
import { Text } from '../values.js';
import { CompactJwe, CompactJws, EnrolmentRequest } from './keys.js';

export const TERMINAL_SUBPROTOCOL = 'enishi.terminal.v1';
export const TERMINAL_PATH = '/v1/terminal';
/** One frame, at most: a 2 MiB body sealed and base64url-encoded, with room. */
export const MAX_FRAME_BYTES = 3_145_728;
/** A peer that is silent for this long is gone (half-open links are found in 30 s at most). */
export const PING_INTERVAL_MS = 10_000;
export const SILENCE_LIMIT_MS = 25_000;

/** W3C trace context. */
export const Traceparent = z
  .string()
  .regex(/^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/)
  .optional();
const Code = z
  .string()
  .regex(/^[a-z][a-z-]*\.[a-z][a-z_]*$/)
  .max(100);

export const RelayFrame = z.discriminatedUnion('frame', [
  /** First frame of every connection. */
  z.strictObject({ frame: z.literal('challenge'), challenge: z.string().regex(/^[\w-]{43}$/) }),
  z.strictObject({ frame: z.literal('enrolled'), receipt: CompactJws }),
  z.strictObject({ frame: z.literal('welcome'), sessionId: SessionId }),
  z.strictObject({ frame: z.literal('order'), orderId: OrderId, jwe: CompactJwe, traceparent: Traceparent }),
  /** The result is stored: the agent may forget it. */
  z.strictObject({ frame: z.literal('ack'), orderId: OrderId }),
  /** The result could not be taken now. */
  z.strictObject({ frame: z.literal('retry'), orderId: OrderId, afterMs: z.number().int().min(0).max(60_000) }),
  /** The result will never be taken. */
  z.strictObject({ frame: z.literal('discard'), orderId: OrderId, code: Code }),
  /** The connection ends after this frame. */
  z.strictObject({
    frame: z.literal('refused'),
    code: Code,
    message: Text.max(500),
    retryAfterMs: z.number().int().min(0).optional(),
  }),
]);
export type RelayFrame = z.infer<typeof RelayFrame>;

export const AgentFrame = z.discriminatedUnion('frame', [
  z.strictObject({ frame: z.literal('enrol'), request: EnrolmentRequest }),
  z.strictObject({ frame: z.literal('hello'), proof: CompactJws }),
  /** The order's id is on the agent's disk. */
  z.strictObject({ frame: z.literal('taken'), orderId: OrderId }),
  z.strictObject({ frame: z.literal('result'), orderId: OrderId, jwe: CompactJwe.max(MAX_FRAME_BYTES), traceparent: Traceparent }),
]);
export type AgentFrame = z.infer<typeof AgentFrame>;
