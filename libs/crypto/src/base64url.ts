/** base64url (RFC 4648 §5, no padding), read strictly. */
import { CryptoError } from './crypto-error.js';

export function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');
}

/**
 * Reads base64url and refuses every text but the one canonical form: Node's own decoder skips foreign characters and
 * ignores the unused bits of the last one, so that several texts would stand for the same signed bytes.
 * @throws CryptoError malformed
 */
export function fromBase64Url(text: string, place: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.toString('base64url') !== text) throw new CryptoError('malformed', place, 'not canonical base64url');
  return bytes;
}
