/** A result: what the bank answered to one order, as it is (A2; a Content-Encoding that nobody asked for is taken off), or why there is no answer. */
import { z } from 'zod';
import { Cause } from '../causes.js';
import { OrderId, RunId, TerminalId } from '../ids.js';
import { Text } from '../values.js';
import { Sha256 } from './order.js';

/**
 * JWS by the agent (EdDSA, typ `enishi-result+jwt`). The JWE (ECDH-ES, A256GCM) to the parser holds
 * the compact JWS, one line feed, and the body byte for byte. The relay sees sizes and ids.
 */
export const Result = z.strictObject({
  orderId: OrderId,
  runId: RunId,
  terminalId: TerminalId,
  /** SHA-256 of the order's compact JWS. */
  orderHash: Sha256,
  connectorHash: Sha256,
  /** SHA-256 of the body; of no bytes when there is none. */
  bodyHash: Sha256,
  bodyBytes: z.number().int().min(0),
  outcome: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('response'),
      status: z.number().int().min(100).max(599),
      headers: z.partialRecord(z.enum(['content-type', 'content-disposition', 'location', 'date', 'retry-after']), Text.max(2_000)),
      /** SHA-256 of the bank's certificate in DER. */
      peerCertificateHash: Sha256,
      durationMs: z.number().int().min(0),
    }),
    z.strictObject({
      kind: z.literal('failed'),
      cause: Cause,
      /** What exactly, for operators; names rules and fields, never values. */
      detail: Text.max(500),
    }),
  ]),
  /** Version of the secrets that were used. */
  credentialVersion: Text.max(60).nullable(),
});
export type Result = z.infer<typeof Result>;
