/** Which characters the bytes are: what is declared, else strict UTF-8, else Shift_JIS with what it had to replace. */

export type Charset = 'utf-8' | 'shift_jis' | 'euc-jp';
export const REPLACEMENT = '�';

const decoders = {
  'utf-8': new TextDecoder('utf-8', { ignoreBOM: true }),
  shift_jis: new TextDecoder('shift_jis'),
  'euc-jp': new TextDecoder('euc-jp'),
};
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function isUtf8(bytes: Uint8Array): boolean {
  try {
    strictUtf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

export function hasUtf8Mark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

/** UTF-16 and binaries hold zero bytes; no statement in the charsets that we read does, and Postgres stores none. */
export function holdsZeroBytes(bytes: Uint8Array): boolean {
  return bytes.includes(0);
}

/** `declared` is what the connector or the transport says; it wins. */
export function charsetOf(bytes: Uint8Array, declared: Charset | null): Charset {
  if (hasUtf8Mark(bytes)) return 'utf-8';
  return declared ?? (isUtf8(bytes) ? 'utf-8' : 'shift_jis');
}

export function decode(bytes: Uint8Array, charset: Charset): string {
  return decoders[charset].decode(bytes);
}

export function countReplaced(text: string): number {
  let count = 0;
  for (const char of text) if (char === REPLACEMENT) count += 1;
  return count;
}
