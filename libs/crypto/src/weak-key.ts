/** Public keys that have no secret: whoever knows the curve can open what is sealed to them, or sign as they. */
import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { SealingJwk, SigningJwk } from '@enishi/contracts';
import { toBase64Url } from './base64url.js';

/** The prime of both curves: 2^255 - 19 (RFC 7748 §4.1, RFC 8032 §5.1). */
const P = 2n ** 255n - 19n;

/**
 * Whether the key is a point of small order, in whatever encoding (all zeros is one). Every agreement with such an X25519
 * key is the same known secret; with such an Ed25519 key one signature can be good for any text, where the verifier lets it.
 * Source: RFC 7748 §6.1 and §7, RFC 8032 §5.1.3.
 */
export function isWeakKey(jwk: SealingJwk | SigningJwk): boolean {
  const x = jwk.crv === 'X25519' ? jwk.x : montgomeryOf(jwk.x);
  return givesNothing(createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' }));
}

let own: KeyObject | undefined;

/** RFC 7748 §6.1: an agreement whose result is all zeros is an error. */
function givesNothing(publicKey: KeyObject): boolean {
  own ??= generateKeyPairSync('x25519').privateKey;
  try {
    return diffieHellman({ privateKey: own, publicKey }).every((byte) => byte === 0);
  } catch {
    return true;
  }
}

/** The same point on the other curve: u = (1 + y) / (1 - y), RFC 7748 §4.1. The neutral element has none: 0 stands for it, which is as weak. */
function montgomeryOf(x: string): string {
  const bytes = Buffer.from(x, 'base64url').reverse();
  // The topmost bit is the sign of the other coordinate.
  const y = BigInt.asUintN(255, BigInt(`0x${bytes.toString('hex')}`)) % P;
  const u = ((1n + y) * inverse(P + 1n - y)) % P;
  return toBase64Url(Buffer.from(u.toString(16).padStart(64, '0'), 'hex').reverse());
}

/** By Fermat: a^(p-2); 0 for 0. */
function inverse(a: bigint): bigint {
  let result = 1n;
  for (let base = a % P, exponent = P - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % P;
    base = (base * base) % P;
  }
  return result;
}
