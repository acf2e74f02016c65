/**
 * Zengin files count in cells of one byte: JIS X 0201, where a character of two bytes (Shift_JIS) takes two cells.
 * A file in UTF-8 is laid out in the same cells, so that one reader serves both.
 */
import { decode, hasUtf8Mark, isUtf8, REPLACEMENT } from './charset.js';

export interface Cells {
  encoding: 'shift_jis' | 'utf-8';
  /** One entry per cell; the second cell of a wide character holds ''. */
  cells: string[];
  /** Where each cell begins in the file. */
  offsets: number[];
  replaced: number;
}

const isLead = (byte: number) => (byte >= 0x81 && byte <= 0x9f) || (byte >= 0xe0 && byte <= 0xfc);
const isTrail = (byte: number) => byte >= 0x40 && byte <= 0xfc && byte !== 0x7f;
const isHalfWidth = (code: number) => code < 0x80 || code === 0xa5 || code === 0x203e || (code >= 0xff61 && code <= 0xff9f);

function fromShiftJis(bytes: Uint8Array): Cells {
  const out: Cells = { encoding: 'shift_jis', cells: [], offsets: [], replaced: 0 };
  const put = (text: string, at: number) => {
    out.cells.push(text);
    out.offsets.push(at);
    if (text === REPLACEMENT) out.replaced += 1;
  };
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    const next = bytes[at + 1];
    // JIS X 0201: 5C is the yen sign, 7E the overline, A1-DF are kana of half width.
    if (byte === 0x5c) put('¥', at);
    else if (byte === 0x7e) put('‾', at);
    else if (byte < 0x80) put(String.fromCharCode(byte), at);
    else if (byte >= 0xa1 && byte <= 0xdf) put(String.fromCharCode(0xff61 + byte - 0xa1), at);
    else if (isLead(byte) && next !== undefined && isTrail(next)) {
      put(decode(bytes.subarray(at, at + 2), 'shift_jis').slice(0, 1) || REPLACEMENT, at);
      put('', at + 1);
      at += 1;
    } else put(REPLACEMENT, at);
  }
  return out;
}

function fromUtf8(bytes: Uint8Array): Cells {
  const out: Cells = { encoding: 'utf-8', cells: [], offsets: [], replaced: 0 };
  let at = hasUtf8Mark(bytes) ? 3 : 0;
  for (const char of decode(bytes.subarray(at), 'utf-8')) {
    out.cells.push(char);
    out.offsets.push(at);
    const code = char.codePointAt(0) as number;
    if (!isHalfWidth(code)) {
      out.cells.push('');
      out.offsets.push(at);
    }
    at += Buffer.byteLength(char);
    if (char === REPLACEMENT) out.replaced += 1;
  }
  return out;
}

export function toCells(bytes: Uint8Array): Cells {
  return isUtf8(bytes) && bytes.some((byte) => byte >= 0x80) ? fromUtf8(bytes) : fromShiftJis(bytes);
}

export const RECORD_CELLS = 200;

export interface ZenginRecord {
  /** Exactly 200 cells; what the file left out at the end is blank. */
  cells: readonly string[];
  /** Cells that the file has. */
  length: number;
  /** The file ends inside this record. */
  cut: boolean;
  /** Line number; in a file without line ends, the number of the record. From 1. */
  line: number;
  byteOffset: number;
}

/** Records of 200 cells, with CRLF, LF or CR after each, or with nothing between them. */
export function* recordsOf({ cells, offsets }: Cells): Generator<ZenginRecord> {
  const record = (from: number, to: number, line: number, cut: boolean): ZenginRecord => {
    const own = cells.slice(from, to);
    while (own.length < RECORD_CELLS) own.push(' ');
    return { cells: own, length: to - from, cut, line, byteOffset: offsets[from] ?? 0 };
  };
  let line = 0;
  let start = 0;
  while (start < cells.length) {
    let end = start;
    while (end < cells.length && cells[end] !== '\r' && cells[end] !== '\n') end += 1;
    const ended = end < cells.length;
    line += 1;
    let from = start;
    while (from < end) {
      const to = Math.min(from + RECORD_CELLS, end);
      // A line of blanks, and the end-of-file mark that some programs write, are not records.
      if (cells.slice(from, to).some((cell) => cell !== ' ' && cell !== '\u001a'))
        yield record(from, to, line, !ended && to - from < RECORD_CELLS);
      if (to < end) line += 1;
      from = to;
    }
    start = end + (cells[end] === '\r' && cells[end + 1] === '\n' ? 2 : 1);
  }
}
