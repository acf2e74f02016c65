/**
 * Which characters the bytes are. What is told is taken in the order of WHATWG's "determining the character encoding":
 * byte order mark, then header, then meta, then the connector. Only when nothing is told do the bytes speak for
 * themselves. Whatever is taken is tried by strict decoding; when another charset fits better, nothing is sure.
 */

export type Charset = 'utf-8' | 'shift_jis' | 'euc-jp' | 'iso-2022-jp' | 'utf-16le' | 'utf-16be';
export const REPLACEMENT = '�';

/** One reason to take a charset. */
export interface CharsetEvidence {
  charset: Charset;
  by: 'byte order mark' | 'header' | 'meta' | 'connector' | 'bytes';
}

export interface ChosenCharset extends CharsetEvidence {
  /** Another charset fits the bytes, and this one does not, or less well: a text read by it may be another text. */
  unsure: boolean;
  /** All that is known, for the cause: charsets and who told them, never a text. Null: nothing speaks against it. */
  doubt: string | null;
}

const NAMES = ['utf-8', 'shift_jis', 'euc-jp', 'iso-2022-jp', 'utf-16le', 'utf-16be'] as const;
/** Charsets that Japanese banks use and whose bytes can be tried. Any bytes at all fit the two of UTF-16. */
const TRIED = ['utf-8', 'shift_jis', 'euc-jp', 'iso-2022-jp'] as const;

const decoders = new Map(NAMES.map((name) => [name, new TextDecoder(name, { ignoreBOM: true })]));
const strict = new Map(NAMES.map((name) => [name, new TextDecoder(name, { fatal: true, ignoreBOM: true })]));

function strictly(bytes: Uint8Array, charset: Charset): string | null {
  try {
    return strict.get(charset)?.decode(bytes) ?? null;
  } catch {
    return null;
  }
}

export function isUtf8(bytes: Uint8Array): boolean {
  return strictly(bytes, 'utf-8') !== null;
}

/** Charset that a byte order mark names. */
export function markOf([first, second, third]: Uint8Array): Charset | null {
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : null;
}

export function hasUtf8Mark(bytes: Uint8Array): boolean {
  return markOf(bytes) === 'utf-8';
}

/** UTF-16 and binaries hold zero bytes; no statement file in the charsets that we read does, and Postgres stores none. */
export function holdsZeroBytes(bytes: Uint8Array): boolean {
  return bytes.includes(0);
}

/** ESC $ or ESC (: ISO-2022-JP goes from one set of characters to another. All its bytes are ASCII, and so fit UTF-8. */
function hasEscapes(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(0x1b); at >= 0; at = bytes.indexOf(0x1b, at + 1))
    if (bytes[at + 1] === 0x24 || bytes[at + 1] === 0x28) return true;
  return false;
}

/**
 * Bytes that are UTF-8 and by chance hardly anything else: with a character of three bytes (kana and kanji are), or with
 * letters such as é inside words. Two bytes alone may be two kana of half width in Shift_JIS.
 */
function isSurelyUtf8(bytes: Uint8Array): boolean {
  const text = strictly(bytes, 'utf-8');
  if (text === null || hasEscapes(bytes)) return false;
  return /[\u0800-\u{10ffff}]/u.test(text) || !/[^\0-\x7f]/.test(text.replaceAll(/(?<=[A-Za-z])[À-ſ]|[À-ſ](?=[A-Za-z])/gu, ''));
}

/** Those that the bytes fit, in words for a cause. */
function fitting(bytes: Uint8Array): Charset[] {
  if (hasEscapes(bytes)) return strictly(bytes, 'iso-2022-jp') === null ? [] : ['iso-2022-jp'];
  return TRIED.filter((charset) => charset !== 'iso-2022-jp' && strictly(bytes, charset) !== null);
}

/** `told`: what header, meta and connector say, in this order. */
export function chooseCharset(bytes: Uint8Array, told: readonly CharsetEvidence[]): ChosenCharset {
  const mark = markOf(bytes);
  if (mark) return { charset: mark, by: 'byte order mark', ...doubtOf(bytes, [{ charset: mark, by: 'byte order mark' }]) };
  const [first] = told;
  if (first) return { ...first, ...doubtOf(bytes, told) };
  if (isSurelyUtf8(bytes)) return { charset: 'utf-8', by: 'bytes', unsure: false, doubt: null };
  const fits = fitting(bytes);
  const charset = fits.length === 1 && fits[0] ? fits[0] : 'shift_jis';
  const unsure = fits.length > 1;
  return { charset, by: 'bytes', unsure, doubt: fits.length === 1 ? null : inWords([{ charset, by: 'bytes' }], fits) };
}

function doubtOf(bytes: Uint8Array, told: readonly CharsetEvidence[]): Pick<ChosenCharset, 'unsure' | 'doubt'> {
  const charset = told[0]?.charset ?? 'utf-8';
  if (charset.startsWith('utf-16')) return { unsure: false, doubt: strictly(bytes, charset) === null ? inWords(told, []) : null };
  const fits = fitting(bytes);
  const fitsBetter = charset !== 'utf-8' && isSurelyUtf8(bytes) && bytes.some((byte) => byte >= 0x80);
  if (fits.includes(charset) && !fitsBetter) return { unsure: false, doubt: null };
  return { unsure: fits.length > 0, doubt: inWords(told, fits) };
}

function inWords(told: readonly CharsetEvidence[], fits: readonly Charset[]): string {
  const said = told.map(({ charset, by }) => `${charset} by ${by}`).join(', ');
  return `charset: ${said}; the bytes fit ${fits.length > 0 ? fits.join(', ') : 'none that is known'}`;
}

/** Names as banks write them, beside those of WHATWG. */
const OTHER_NAMES: Readonly<Record<string, Charset>> = { cp932: 'shift_jis', 'utf-16': 'utf-16le' };

/** Null when it is none that we read: then others are asked. */
export function charsetNamed(label: string): Charset | null {
  const name = label.trim().toLowerCase();
  if (OTHER_NAMES[name]) return OTHER_NAMES[name];
  try {
    const { encoding } = new TextDecoder(name);
    return NAMES.find((known) => known === encoding) ?? null;
  } catch {
    return null;
  }
}

export function decode(bytes: Uint8Array, charset: Charset): string {
  return decoders.get(charset)?.decode(bytes) ?? '';
}

export function countReplaced(text: string): number {
  let count = 0;
  for (const char of text) if (char === REPLACEMENT) count += 1;
  return count;
}
