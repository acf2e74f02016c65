/** Bytes that lie in a file or a column: A256GCM under a key that lies elsewhere. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { CryptoError } from './crypto-error.js';

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/**
 * version (1 byte) · nonce (12) · ciphertext · tag (16).
 * @param aad what these bytes are and whose: opening under another `aad` fails, so that rows cannot be swapped.
 */
export function sealAtRest(key32: Uint8Array, bytes: Uint8Array, aad: string): Buffer {
  if (key32.length !== KEY_BYTES) throw new CryptoError('malformed', 'storage key', '32 bytes are needed');
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key32, nonce).setAAD(Buffer.from(aad));
  return Buffer.concat([Buffer.from([VERSION]), nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

/** @throws CryptoError malformed, cannot_open (another key, another `aad`, or changed bytes) */
export function openAtRest(key32: Uint8Array, sealed: Uint8Array, aad: string): Buffer {
  if (key32.length !== KEY_BYTES) throw new CryptoError('malformed', 'storage key', '32 bytes are needed');
  if (sealed.length < 1 + NONCE_BYTES + TAG_BYTES || sealed[0] !== VERSION) throw new CryptoError('malformed', 'stored bytes');
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key32, nonce).setAAD(Buffer.from(aad)).setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(1 + NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    throw new CryptoError('cannot_open', 'stored bytes');
  }
}
