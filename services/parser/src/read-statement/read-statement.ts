/** Reads a statement file of any format that is known: never throws, never guesses, never invents a value. */
import { type Charset, charsetOf, holdsZeroBytes } from './charset.js';
import { knowsCsvProfile, readCsv } from './csv.js';
import { CSV_PROFILES } from './csv-profiles.js';
import { refused, type StatementFile } from './statement-file.js';
import { toCells } from './zengin-cells.js';
import { readZengin03, zenginKind } from './zengin03.js';

export const MAX_STATEMENT_BYTES = 16 * 1024 * 1024;

export interface StatementOptions {
  /** CSV profile; null: recognised by content. */
  profile?: string | null;
  /** What the connector or the transport says; null: found out. */
  charset?: Charset | null;
  /** YYYY-MM-DD on which a CSV date without a year was fetched at the latest. */
  asOf?: string | null;
  /** YYYY-MM-DD on which the file was made or fetched at the latest, for years of eras; default `asOf`. */
  fetchedOn?: string | null;
}

/** EBCDIC files open with F1 F0 F3: a Zengin header in another code (コード区分 1). */
function isEbcdicZengin(bytes: Uint8Array): boolean {
  return bytes[0] === 0xf1 && bytes[1] === 0xf0 && bytes[2] !== undefined && bytes[2] >= 0xf0 && bytes[2] <= 0xf9;
}

const NEXT = 'OFX, MT940, CAMT, QIF and Zengin 01 are not read yet';

export function readStatement(bytes: Uint8Array, options: StatementOptions = {}): StatementFile {
  const { profile = null, charset = null, asOf = null, fetchedOn = asOf } = options;
  if (bytes.length === 0) return refused('FILE_EMPTY', 'the file is empty');
  if (bytes.length > MAX_STATEMENT_BYTES) return refused('FILE_TOO_LARGE', `the file is larger than ${MAX_STATEMENT_BYTES} bytes`);
  if (profile !== null && !knowsCsvProfile(profile))
    return refused('PROFILE_UNKNOWN', `there is no such profile; known are: ${CSV_PROFILES.map(({ name }) => name).join(', ')}`);
  if (isEbcdicZengin(bytes)) return refused('ENCODING_UNKNOWN', 'a Zengin file in EBCDIC is not read', { line: 1, byteOffset: 0 });
  if (holdsZeroBytes(bytes)) return refused('ENCODING_UNKNOWN', 'the file is not text in UTF-8 or Shift_JIS');
  if (profile === null) {
    // The head is enough to tell the kind; the rest is laid out only when it is one that is read.
    const kind = zenginKind(toCells(bytes.subarray(0, 4_096)));
    if (kind === '03') return readZengin03(toCells(bytes), fetchedOn);
    if (kind !== null) return refused('FORMAT_UNKNOWN', `a Zengin file of kind ${kind}; only 03 is read yet`, { line: 1, byteOffset: 0 });
  }
  const csv = readCsv(bytes, { charset: charsetOf(bytes, charset), profile, asOf });
  if (csv) return csv;
  return profile === null
    ? refused('FORMAT_UNKNOWN', `neither Zengin 03 nor a CSV whose header is known; ${NEXT}`, { line: 1, byteOffset: 0 })
    : refused('FORMAT_UNKNOWN', `no line is the header of the profile ${profile}`, { line: 1, byteOffset: 0 });
}
