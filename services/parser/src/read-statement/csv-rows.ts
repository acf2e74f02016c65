/**
 * Splits a CSV into rows of cells, on bytes: in UTF-8, Shift_JIS and EUC-JP no byte of a character of several
 * bytes is a quote, comma, tab or line end, so every cell keeps its exact place in the file.
 */
/** Cells of one row that are kept; no statement has more columns. */
const MAX_COLUMNS = 100;

export interface CsvRow {
  /** The first 100. */
  cells: Uint8Array[];
  line: number;
  byteOffset: number;
  /** A quote was opened and never closed, something stands behind one, or there are more cells than are kept. */
  broken: boolean;
}

const QUOTE = 0x22;
const CR = 0x0d;
const LF = 0x0a;
export const DELIMITERS = { ',': 0x2c, '\t': 0x09, ';': 0x3b } as const;
export type Delimiter = keyof typeof DELIMITERS;

/** Doubled quotes stand for one. */
function unquoted(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    out[length++] = bytes[at] as number;
    if (bytes[at] === QUOTE && bytes[at + 1] === QUOTE) at += 1;
  }
  return out.subarray(0, length);
}

/** A file of nothing but commas would otherwise become millions of cells. */
function keep(row: CsvRow, cell: () => Uint8Array): void {
  if (row.cells.length < MAX_COLUMNS) row.cells.push(cell());
  else if (cell().length > 0) row.broken = true;
}

export function* csvRows(bytes: Uint8Array, delimiter: Delimiter): Generator<CsvRow> {
  const comma = DELIMITERS[delimiter];
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  let line = 1;
  const lineEndAt = (i: number) => bytes[i] === CR || bytes[i] === LF;
  /** Set after the first quote without an end: searching on for ends would be quadratic in hostile files. */
  let noMoreQuotes = false;
  while (at < bytes.length) {
    const row: CsvRow = { cells: [], line, byteOffset: at, broken: false };
    for (;;) {
      const start = at;
      let close = -1;
      if (bytes[at] === QUOTE && !noMoreQuotes) {
        close = at + 1;
        while (close < bytes.length && (bytes[close] !== QUOTE || bytes[close + 1] === QUOTE)) close += bytes[close] === QUOTE ? 2 : 1;
        if (close >= bytes.length) {
          row.broken = true;
          noMoreQuotes = true;
        }
      }
      if (close > 0 && !row.broken) {
        for (let i = start; i < close; i++) if (bytes[i] === LF || (bytes[i] === CR && bytes[i + 1] !== LF)) line += 1;
        keep(row, () => unquoted(bytes.subarray(start + 1, close)));
        at = close + 1;
        // What stands between a closing quote and the next comma belongs to no cell.
        if (at < bytes.length && bytes[at] !== comma && !lineEndAt(at)) row.broken = true;
        while (at < bytes.length && bytes[at] !== comma && !lineEndAt(at)) at += 1;
      } else {
        while (at < bytes.length && bytes[at] !== comma && !lineEndAt(at)) at += 1;
        keep(row, () => bytes.subarray(start, at));
      }
      if (bytes[at] !== comma) break;
      at += 1;
    }
    if (at < bytes.length) at += bytes[at] === CR && bytes[at + 1] === LF ? 2 : 1;
    line += 1;
    yield row;
  }
}
