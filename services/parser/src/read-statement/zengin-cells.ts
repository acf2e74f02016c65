/**
 * Zengin files count in cells of one byte: JIS X 0201, where a character of two bytes (Shift_JIS) takes two cells.
 * A file in UTF-8 is laid out in the same cells, so that one reader serves both.
 */
import { decode, hasUtf8Mark, isUtf8, REPLACEMENT } from './charset.js';

export interface Cells {
  encoding: 'shift_jis' | 'utf-8';
  /** One code point per cell; 0 is the second cell of a wide character. */
  codes: Uint32Array;
  /** Where each cell begins in the file; null: cell n is byte n. */
  offsets: Uint32Array | null;
  replaced: number;
}

const SPACE = 0x20;
const CR = 0x0d;
const LF = 0x0a;
/** The end-of-file mark that some programs write. */
const SUB = 0x1a;
const REPLACED = REPLACEMENT.codePointAt(0) as number;

const isLead = (byte: number) => (byte >= 0x81 && byte <= 0x9f) || (byte >= 0xe0 && byte <= 0xfc);
const isTrail = (byte: number) => byte >= 0x40 && byte <= 0xfc && byte !== 0x7f;
const isHalfWidth = (code: number) => code < 0x80 || code === 0xa5 || code === 0x203e || (code >= 0xff61 && code <= 0xff9f);

/** JIS X 0201: 5C is the yen sign, 7E the overline, A1-DF are kana of half width. */
function oneByte(byte: number): number {
  if (byte === 0x5c) return 0xa5;
  if (byte === 0x7e) return 0x203e;
  if (byte < 0x80) return byte;
  return byte >= 0xa1 && byte <= 0xdf ? 0xff61 + byte - 0xa1 : REPLACED;
}

function fromShiftJis(bytes: Uint8Array): Cells {
  const codes = new Uint32Array(bytes.length);
  let replaced = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    const next = bytes[at + 1];
    const wide = isLead(byte) && next !== undefined && isTrail(next);
    const code = wide ? (decode(bytes.subarray(at, at + 2), 'shift_jis').codePointAt(0) ?? REPLACED) : oneByte(byte);
    codes[at] = code;
    if (code === REPLACED) replaced += 1;
    if (wide) at += 1;
  }
  return { encoding: 'shift_jis', codes, offsets: null, replaced };
}

function fromUtf8(bytes: Uint8Array): Cells {
  let at = hasUtf8Mark(bytes) ? 3 : 0;
  // A wide character takes three bytes or more, and two cells.
  const codes = new Uint32Array(bytes.length);
  const offsets = new Uint32Array(bytes.length);
  let length = 0;
  let replaced = 0;
  for (const char of decode(bytes.subarray(at), 'utf-8')) {
    const code = char.codePointAt(0) as number;
    codes[length] = code;
    offsets[length++] = at;
    if (!isHalfWidth(code)) offsets[length++] = at;
    if (code === REPLACED) replaced += 1;
    at += Buffer.byteLength(char);
  }
  return { encoding: 'utf-8', codes: codes.subarray(0, length), offsets, replaced };
}

/** Kana of half width take three bytes in UTF-8. In JIS X 0201 they end at DF, and by chance two of them fit UTF-8. */
export function toCells(bytes: Uint8Array): Cells {
  return isUtf8(bytes) && bytes.some((byte) => byte >= 0xe0) ? fromUtf8(bytes) : fromShiftJis(bytes);
}

export const RECORD_CELLS = 200;

/** Text of some cells; the second halves of wide characters are nothing. */
export function textOfCells(codes: Uint32Array, from: number, to: number): string {
  let text = '';
  for (let at = from; at < to && at < codes.length; at++) {
    const code = codes[at] as number;
    if (code !== 0) text += String.fromCodePoint(code);
  }
  return text;
}

export interface ZenginRecord {
  /** Exactly 200 cells; what the file left out at the end is blank. */
  codes: Uint32Array;
  /** Cells that the file has. */
  length: number;
  /** The file ends inside this record. */
  cut: boolean;
  /** Line number; in a file without line ends, the number of the record. From 1. */
  line: number;
  byteOffset: number;
}

/** Records of 200 cells, with CRLF, LF or CR after each, or with nothing between them. */
export function* recordsOf({ codes, offsets }: Cells): Generator<ZenginRecord> {
  const record = (from: number, to: number, line: number, cut: boolean): ZenginRecord => {
    let own = codes.subarray(from, to);
    if (own.length < RECORD_CELLS) {
      own = new Uint32Array(RECORD_CELLS).fill(SPACE);
      own.set(codes.subarray(from, to));
    }
    return { codes: own, length: to - from, cut, line, byteOffset: offsets === null ? from : (offsets[from] ?? 0) };
  };
  let line = 0;
  let start = 0;
  while (start < codes.length) {
    let end = start;
    while (end < codes.length && codes[end] !== CR && codes[end] !== LF) end += 1;
    const ended = end < codes.length;
    line += 1;
    let from = start;
    while (from < end) {
      const to = Math.min(from + RECORD_CELLS, end);
      // A line of blanks or with an end-of-file mark is no record.
      if (codes.subarray(from, to).some((code) => code !== SPACE && code !== SUB))
        yield record(from, to, line, !ended && to - from < RECORD_CELLS);
      if (to < end) line += 1;
      from = to;
    }
    start = end + (codes[end] === CR && codes[end + 1] === LF ? 2 : 1);
  }
}
