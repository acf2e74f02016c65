/**
 * Who vouches for which key (docs/architecture.md, "Aggregation"). The platform's root signs *key statements* offline;
 * the enrolment code carries the root's thumbprint, so an agent trusts a dispatcher's or parser's key without trusting
 * the relay.
 */
import { z } from 'zod';
import { TerminalId } from '../ids.js';
import { Text } from '../values.js';

export const CompactJws = z
  .string()
  .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/, 'must be a compact JWS')
  .max(100_000);
export const CompactJwe = z.string().regex(/^[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+$/, 'must be a compact JWE');
const Base64Url = z.string().regex(/^[\w-]+$/);

/** Ed25519, RFC 8037. */
export const SigningJwk = z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: Base64Url.length(43) });
export type SigningJwk = z.infer<typeof SigningJwk>;
/** X25519, RFC 8037. */
export const SealingJwk = z.strictObject({ kty: z.literal('OKP'), crv: z.literal('X25519'), x: Base64Url.length(43) });
export type SealingJwk = z.infer<typeof SealingJwk>;

/** The root itself: a self-signed JWS, typ `enishi-root+jwt`. Its thumbprint is the SHA-256 of that JWS. */
export const RootStatement = z.strictObject({ development: z.boolean(), jwk: SigningJwk, iat: z.number().int() });
export type RootStatement = z.infer<typeof RootStatement>;

/** What a key may do. */
export const KeyUse = z.enum(['order', 'result', 'connector']);
export type KeyUse = z.infer<typeof KeyUse>;
/** A key certified by the root: JWS, typ `enishi-key+jwt`. order and connector keys sign, result keys open. */
export const KeyStatement = z.strictObject({
  use: KeyUse,
  jwk: z.union([SigningJwk, SealingJwk]),
  iat: z.number().int(),
  exp: z.number().int(),
});
export type KeyStatement = z.infer<typeof KeyStatement>;

/** The public keys that an agent made on the PC. */
export const AgentKeys = z.strictObject({ signing: SigningJwk, sealing: SealingJwk });
export type AgentKeys = z.infer<typeof AgentKeys>;

/**
 * What the agent sends to enrol. `mac` = HMAC-SHA256 under the code's secret over
 * `enishi-enrol-v1 \n codeId \n JWK thumbprint (RFC 7638) of signing \n of sealing \n nonce \n root thumbprint`,
 * base64url, so a relay that does not know the secret cannot put in a key of its own.
 */
export const EnrolmentRequest = z.strictObject({
  codeId: Base64Url.length(16),
  keys: AgentKeys,
  nonce: Base64Url.length(43),
  mac: Base64Url.length(43),
  agent: z.strictObject({ version: Text.max(40), platform: Text.max(40), hostname: Text.max(100) }),
});
export type EnrolmentRequest = z.infer<typeof EnrolmentRequest>;

/** The dispatcher's answer, JWS typ `enishi-enrolment+jwt` by an order key; header `root` and `key` carry the statements. */
export const EnrolmentReceipt = z.strictObject({
  terminalId: TerminalId,
  keys: AgentKeys,
  nonce: Base64Url.length(43),
  iat: z.number().int(),
});
export type EnrolmentReceipt = z.infer<typeof EnrolmentReceipt>;

/** The agent's proof at the start of a session, JWS typ `enishi-session+jwt` by its signing key. */
export const SessionProof = z.strictObject({
  terminalId: TerminalId,
  /** The relay's challenge. */
  challenge: Base64Url.length(43),
  /** Orders must name it: an order from an older session is refused. */
  sessionNonce: Base64Url.length(43),
  agentVersion: Text.max(40),
  /** Seconds since the epoch by the PC's clock. */
  clock: z.number().int(),
  /** Opaque version of the secrets of each connection: changes when the user changes them. */
  credentials: z.record(Text.max(60), Text.max(60)),
});
export type SessionProof = z.infer<typeof SessionProof>;
