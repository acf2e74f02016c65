/** Key pairs: Ed25519 to sign, X25519 to seal (RFC 8037). */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SealingJwk, SigningJwk } from '@enishi/contracts';
import { z } from 'zod';
import { CryptoError } from './crypto-error.js';

const Scalar = z.string().regex(/^[\w-]{43}$/);
export const PrivateSigningJwk = SigningJwk.extend({ d: Scalar, kid: z.string().max(100).optional() });
export type PrivateSigningJwk = z.infer<typeof PrivateSigningJwk>;
export const PrivateSealingJwk = SealingJwk.extend({ d: Scalar });
export type PrivateSealingJwk = z.infer<typeof PrivateSealingJwk>;

export interface KeyPair<Public, Private> {
  readonly publicJwk: Public;
  readonly privateJwk: Private;
}

export function generateSigningKey(): KeyPair<SigningJwk, PrivateSigningJwk> {
  const jwk = PrivateSigningJwk.parse(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }));
  return { publicJwk: { kty: jwk.kty, crv: jwk.crv, x: jwk.x }, privateJwk: jwk };
}

export function generateSealingKey(): KeyPair<SealingJwk, PrivateSealingJwk> {
  const jwk = PrivateSealingJwk.parse(generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' }));
  return { publicJwk: { kty: jwk.kty, crv: jwk.crv, x: jwk.x }, privateJwk: jwk };
}

/** RFC 7638 thumbprint of a public or private OKP key, SHA-256, base64url. */
export function jwkThumbprint(jwk: SigningJwk | SealingJwk): string {
  return createHash('sha256')
    .update(JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x }))
    .digest('base64url');
}

/** Making a KeyObject costs as much as a signature; a process uses few keys, over and over. */
const MAX_CACHED_KEYS = 1_000;
const publicKeys = new Map<string, KeyObject>();
const privateKeys = new WeakMap<PrivateSigningJwk, KeyObject>();

export function publicKeyObject(jwk: SigningJwk): KeyObject {
  const known = publicKeys.get(jwk.x);
  if (known) return known;
  let key: KeyObject;
  try {
    key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: jwk.x }, format: 'jwk' });
  } catch {
    throw new CryptoError('malformed', 'public key');
  }
  if (publicKeys.size >= MAX_CACHED_KEYS) publicKeys.clear();
  publicKeys.set(jwk.x, key);
  return key;
}

export function privateKeyObject(jwk: PrivateSigningJwk): KeyObject {
  const known = privateKeys.get(jwk);
  if (known) return known;
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: { ...jwk }, format: 'jwk' });
  } catch {
    throw new CryptoError('malformed', 'private key');
  }
  privateKeys.set(jwk, key);
  return key;
}
