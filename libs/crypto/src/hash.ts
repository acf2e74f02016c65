/** Digests, random tokens, and comparing secrets. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** SHA-256 in base64url (43 characters). A string is hashed as UTF-8. */
export function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('base64url');
}

/** `bytes` random bytes in base64url: 32 give the 43 characters of nonces and challenges. */
export function randomToken(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}

/** Compares in constant time; texts of different length take the same path. */
export function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
