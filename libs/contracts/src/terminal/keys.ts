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

const SaidByAgent = { version: Text.max(40), platform: Text.max(40), hostname: Text.max(100) };
/** What the agent says of itself. `capabilities` may name what this platform does not know. */
export const AgentDescription = z.strictObject({
  name: Text.max(40),
  ...SaidByAgent,
  capabilities: z.array(Text.regex(/^[a-z][a-z0-9-]{0,39}$/)).max(20),
});
export type AgentDescription = z.infer<typeof AgentDescription>;

const EnrolmentFields = { codeId: Base64Url.length(16), keys: AgentKeys, nonce: Base64Url.length(43), mac: Base64Url.length(43) };

/**
 * What the agent sends to enrol. `mac` is an HMAC-SHA256 under the code's secret, base64url, so a relay that does not know
 * the secret cannot put in a key of its own. It is over lines:
 * - v1: `enishi-enrol-v1`, codeId, JWK thumbprint (RFC 7638) of signing, of sealing, nonce, root thumbprint.
 * - v2: `enishi-enrol-v2`, the same, and the hash of what the agent says of itself.
 *
 * An agent sends one version only. A v2 request that is made to look like v1 on the way has a MAC that v1 does not: the
 * label is another.
 */
export const EnrolmentRequest = z.union([
  z.strictObject({ ...EnrolmentFields, agent: z.strictObject(SaidByAgent) }),
  z.strictObject({ v: z.literal(2), ...EnrolmentFields, agent: AgentDescription }),
]);
export type EnrolmentRequest = z.infer<typeof EnrolmentRequest>;

/** The dispatcher's answer, JWS typ `enishi-enrolment+jwt` by an order key; header `root` and `key` carry the statements. */
export const EnrolmentReceipt = z.strictObject({
  terminalId: TerminalId,
  keys: AgentKeys,
  nonce: Base64Url.length(43),
  /** To a v2 request: the hash of what the agent said of itself, as the platform keeps it. */
  agentHash: Base64Url.length(43).optional(),
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
