/** application/x-www-form-urlencoded in the bank's charset (WHATWG URL §5 and Encoding §12.3, §13.1). */
import type { Connector } from '@enishi/contracts';

type Charset = Connector['charset'];

/** What a character is written as; undefined: not in this charset. */
type CharacterTable = ReadonlyMap<string, readonly number[]>;
const tables = new Map<Charset, CharacterTable>();

/** Lead bytes of Shift_JIS, first and last: 0xED and 0xEE repeat 0xFA–0xFC and are not written, 0xF0–0xF9 are private use. */
const SHIFT_JIS_LEADS = [
  [0x81, 0x9f],
  [0xe0, 0xec],
  [0xfa, 0xfc],
] as const;

/** Turned around from the decoder that Node carries. For a character that stands twice, the place that the standard's encoder takes. */
function tableOf(charset: 'shift_jis' | 'euc-jp'): CharacterTable {
  const known = tables.get(charset);
  if (known) return known;
  const table = new Map<string, readonly number[]>();
  const decoder = new TextDecoder(charset, { fatal: true });
  const add = (...bytes: number[]) => {
    try {
      const character = decoder.decode(Uint8Array.from(bytes));
      if (!table.has(character)) table.set(character, bytes);
    } catch {
      // Nothing stands at this place.
    }
  };
  // Not by the decoder: Node's gives 0x1A, 0x1C and 0x7F of Shift_JIS another meaning.
  for (let byte = 0; byte < 0x80; byte++) table.set(String.fromCharCode(byte), [byte]);
  // The standard's encoder writes these two as their ASCII places, and the minus sign as its full-width form.
  table.set('\u00a5', [0x5c]);
  table.set('\u203e', [0x7e]);
  if (charset === 'shift_jis') {
    table.set('\u2212', [0x81, 0x7c]);
    for (let byte = 0xa1; byte <= 0xdf; byte++) add(byte);
    for (const [first, last] of SHIFT_JIS_LEADS)
      for (let lead = first as number; lead <= last; lead++) for (let trail = 0x40; trail <= 0xfc; trail++) add(lead, trail);
  } else {
    table.set('\u2212', [0xa1, 0xdd]);
    for (let trail = 0xa1; trail <= 0xdf; trail++) add(0x8e, trail);
    // Rows after 0xFC are empty.
    for (let lead = 0xa1; lead <= 0xfc; lead++) for (let trail = 0xa1; trail <= 0xfe; trail++) add(lead, trail);
  }
  tables.set(charset, table);
  return table;
}

/** @returns undefined when a character cannot be written in this charset */
function encode(text: string, charset: Charset): Uint8Array | undefined {
  if (charset === 'utf-8') return Buffer.from(text);
  const table = tableOf(charset);
  const bytes: number[] = [];
  for (const character of text) {
    const written = table.get(character);
    if (!written) return undefined;
    bytes.push(...written);
  }
  return Uint8Array.from(bytes);
}

/** Of ASCII alone: the byte of any other character is escaped. */
const PLAIN = /[A-Za-z0-9*\-._]/;

/** Percent-encodes one name or value; undefined when it cannot be written in this charset. */
export function encodeFormText(text: string, charset: Charset): string | undefined {
  const bytes = encode(text, charset);
  if (!bytes) return undefined;
  let out = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    if (byte === 0x20) out += '+';
    else if (PLAIN.test(character)) out += character;
    else out += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}
