/** Signed statements: compact JWS (RFC 7515), EdDSA only, with an explicit `typ` (RFC 8725 §3.11). */
import { sign as signBytes, verify as verifyBytes } from 'node:crypto';
import type { SigningJwk } from '@enishi/contracts';
import { z } from 'zod';
import { fromBase64Url, toBase64Url } from './base64url.js';
import { CryptoError } from './crypto-error.js';
import { type PrivateSigningJwk, privateKeyObject, publicKeyObject } from './keys.js';

/** One JWS, at most: an order that carries a connector stays far below. */
const MAX_JWS_CHARACTERS = 4_194_304;

/** `key`: statement of the signing key; `root`: statement of the root. Nothing else is allowed, `crit` and `b64` least of all. */
export const JwsHeader = z.strictObject({
  alg: z.literal('EdDSA'),
  typ: z.string().min(1).max(60),
  kid: z.string().max(100).optional(),
  key: z.string().max(10_000).optional(),
  root: z.string().max(10_000).optional(),
});
export type JwsHeader = z.infer<typeof JwsHeader>;
type ExtraHeader = Omit<JwsHeader, 'alg' | 'typ'>;

/** Signs `payload` as JSON. */
export function sign(payload: unknown, privateJwk: PrivateSigningJwk, options: { typ: string; header?: ExtraHeader }): string {
  const header = JwsHeader.parse({ alg: 'EdDSA', typ: options.typ, ...options.header });
  const signed = `${toBase64Url(Buffer.from(JSON.stringify(header)))}.${toBase64Url(Buffer.from(JSON.stringify(payload)))}`;
  return `${signed}.${toBase64Url(signBytes(null, Buffer.from(signed), privateKeyObject(privateJwk)))}`;
}

function parseJson(bytes: Buffer, place: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw new CryptoError('malformed', place, 'not JSON');
  }
}

function split(jws: string, place: string) {
  const parts = jws.length > MAX_JWS_CHARACTERS ? [] : jws.split('.');
  const [header, payload, signature] = parts;
  if (parts.length !== 3 || !header || !payload || !signature) throw new CryptoError('malformed', place, 'not a compact JWS');
  const parsed = JwsHeader.safeParse(parseJson(fromBase64Url(header, place), place));
  if (!parsed.success) throw new CryptoError('malformed', place, 'header');
  return {
    header: parsed.data,
    signed: `${header}.${payload}`,
    payload: fromBase64Url(payload, place),
    signature: fromBase64Url(signature, place),
  };
}

function readPayload<S extends z.ZodType>(bytes: Buffer, schema: S, place: string): z.infer<S> {
  const parsed = schema.safeParse(parseJson(bytes, place));
  if (parsed.success) return parsed.data;
  // The paths of the wrong fields, never their values.
  const paths = parsed.error.issues.map((issue) => issue.path.join('.') || '(whole)');
  throw new CryptoError('payload_not_valid', place, paths.slice(0, 5).join(', '));
}

/** What the thing is called in errors: `enishi-order+jwt` is an order. */
function placeOf(typ: string): string {
  return typ
    .replace(/^enishi-/, '')
    .replace(/\+jwt$/, '')
    .replaceAll('-', ' ');
}

/**
 * Verifies and parses: kind first, then the signature, and only then the content.
 * @throws CryptoError malformed, typ_wrong, signature_wrong, payload_not_valid
 */
export function verify<S extends z.ZodType>(
  jws: string,
  publicJwk: SigningJwk,
  typ: string,
  schema: S,
): { payload: z.infer<S>; header: JwsHeader } {
  const place = placeOf(typ);
  const parts = split(jws, place);
  if (parts.header.typ !== typ) throw new CryptoError('typ_wrong', place);
  if (!verifyBytes(null, Buffer.from(parts.signed), publicKeyObject(publicJwk), parts.signature))
    throw new CryptoError('signature_wrong', place);
  return { payload: readPayload(parts.payload, schema, place), header: parts.header };
}

/** The header of a JWS, **unverified**: good only for finding the key to verify with. @throws CryptoError malformed */
export function decodeHeader(jws: string, place = 'JWS'): JwsHeader {
  return split(jws, place).header;
}

/**
 * The content of a JWS, **unverified**: good only for finding whose key must verify it (the terminal id of a session
 * proof). Call `verify` with that key before anything is believed.
 * @throws CryptoError malformed, typ_wrong, payload_not_valid
 */
export function readUnverified<S extends z.ZodType>(jws: string, typ: string, schema: S): z.infer<S> {
  const place = placeOf(typ);
  const parts = split(jws, place);
  if (parts.header.typ !== typ) throw new CryptoError('typ_wrong', place);
  return readPayload(parts.payload, schema, place);
}
