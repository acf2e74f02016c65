/** Sealed messages: compact JWE (RFC 7516), ECDH-ES on X25519 with A256GCM, one recipient, no compression. */
import type { SealingJwk } from '@enishi/contracts';
import { CompactEncrypt, compactDecrypt, importJWK } from 'jose';
import { z } from 'zod';
import { fromBase64Url } from './base64url.js';
import { CryptoError } from './crypto-error.js';
import type { PrivateSealingJwk } from './keys.js';

/** The one header that `seal` writes; apu, apv, zip and the rest are refused. */
const JweHeader = z.strictObject({
  alg: z.literal('ECDH-ES'),
  enc: z.literal('A256GCM'),
  epk: z.strictObject({ kty: z.literal('OKP'), crv: z.literal('X25519'), x: z.string().regex(/^[\w-]{43}$/) }),
});

/** Seals `bytes` to the holder of the private key. Length is not hidden: about 4/3 of `bytes` and 200 characters. */
export async function seal(bytes: Uint8Array | string, sealingJwk: SealingJwk): Promise<string> {
  const key = await importJWK({ kty: sealingJwk.kty, crv: sealingJwk.crv, x: sealingJwk.x }, 'ECDH-ES');
  return new CompactEncrypt(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM' })
    .encrypt(key);
}

/** @throws CryptoError malformed, cannot_open */
export async function open(jwe: string, privateJwk: PrivateSealingJwk, place = 'sealed message'): Promise<Buffer> {
  const parts = jwe.split('.');
  if (parts.length !== 5 || parts[1] !== '') throw new CryptoError('malformed', place, 'not a compact JWE');
  const [header] = parts.map((part) => fromBase64Url(part, place));
  let parsed: unknown;
  try {
    parsed = JSON.parse(header?.toString('utf8') ?? '');
  } catch {
    throw new CryptoError('malformed', place, 'header');
  }
  if (!JweHeader.safeParse(parsed).success) throw new CryptoError('malformed', place, 'header');
  try {
    const key = await importJWK({ ...privateJwk }, 'ECDH-ES');
    const opened = await compactDecrypt(jwe, key, {
      keyManagementAlgorithms: ['ECDH-ES'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    return Buffer.from(opened.plaintext.buffer, opened.plaintext.byteOffset, opened.plaintext.byteLength);
  } catch {
    // Why it failed is of use to an attacker only.
    throw new CryptoError('cannot_open', place);
  }
}
