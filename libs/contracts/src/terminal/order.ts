/** An order: exactly one HTTP request that the agent shall make, and nothing else (A1, A3). */
import { z } from 'zod';
import { ConnectionId, HolderId, OrderId, RunId, TerminalId } from '../ids.js';
import { Text, Url } from '../values.js';
import { CompactJws } from './keys.js';

const Sha256 = z.string().regex(/^[\w-]{43}$/, 'must be a SHA-256 in base64url');

export { Sha256 };

/**
 * JWS (EdDSA, typ `enishi-order+jwt`, header `key` = the order key's statement) inside a JWE to the agent's
 * sealing key (ECDH-ES, A256GCM). Freshness is by `sessionNonce` and `sequence`, not by wall clock.
 */
export const Order = z.strictObject({
  orderId: OrderId,
  terminalId: TerminalId,
  holderId: HolderId,
  connectionId: ConnectionId,
  runId: RunId,
  step: z.number().int().min(1),
  /** Name in the connector's `requests`. */
  request: Text.max(40),
  method: z.enum(['GET', 'POST']),
  /** Absolute, with its query. */
  url: Url.max(4_000),
  headers: z.record(Text.max(60), Text.max(300)),
  /** In sending order. `{{secret:NAME}}` as a whole value is a slot that only the agent fills. */
  form: z.array(z.strictObject({ name: Text.max(60), value: Text.max(2_000) })).nullable(),
  effect: z.enum(['read', 'once']),
  certificate: z.strictObject({ issuer: Text.max(200) }),
  maxBytes: z.number().int().positive(),
  /** From the moment the agent takes the order, by its monotonic clock. */
  timeoutMs: z.number().int().positive(),
  /** The signed connector, and the hash of that JWS. */
  connector: CompactJws,
  connectorHash: Sha256,
  /** Statement of the parser's key that the result shall be sealed to. */
  resultKey: CompactJws,
  sessionNonce: Text.max(60),
  /** Goes up by one per order issued in the session. */
  sequence: z.number().int().min(1),
  /** Seconds since the epoch by the platform's clock; compared only to name CLOCK_SKEWED. */
  issuedAt: z.number().int(),
});
export type Order = z.infer<typeof Order>;
