/** Reads a statement file of any format that is known: never throws, never guesses, never invents a value. */
import { type CharsetEvidence, chooseCharset, holdsZeroBytes, markOf } from './charset.js';
import { knowsCsvProfile, readCsv } from './csv.js';
import { CSV_PROFILES } from './csv-profiles.js';
import { refused, type StatementFile } from './statement-file.js';
import { toCells } from './zengin-cells.js';
import { readZengin03, zenginKind } from './zengin03.js';

export const MAX_STATEMENT_BYTES = 16 * 1024 * 1024;

export interface StatementOptions {
  /** CSV profile; null: recognised by content. */
  profile?: string | null;
  /** What the transport and the connector say, in this order; empty: found out. */
  charsets?: readonly CharsetEvidence[];
  /** YYYY-MM-DD on which a CSV date without a year was fetched at the latest. */
  asOf?: string | null;
  /** YYYY-MM-DD on which the file was made or fetched at the latest, for years of eras; default `asOf`. */
  fetchedOn?: string | null;
}

/** EBCDIC files open with F1 F0 F3: a Zengin header in another code (コード区分 1). */
function isEbcdicZengin(bytes: Uint8Array): boolean {
  return bytes[0] === 0xf1 && bytes[1] === 0xf0 && bytes[2] !== undefined && bytes[2] >= 0xf0 && bytes[2] <= 0xf9;
}

/** The header of the form in which commas part the fields: 1, kind of data, kind of code, day of creation. */
function isZenginWithCommas(bytes: Uint8Array): boolean {
  return /^"?1"?,"?\d\d"?,"?[01]"?,"?\d{6}"?,/.test(Buffer.from(bytes.subarray(0, 40)).toString('latin1'));
}

const NEXT = 'OFX, MT940, CAMT, QIF and Zengin 01 are not read yet';

export function readStatement(bytes: Uint8Array, options: StatementOptions = {}): StatementFile {
  const { profile = null, charsets = [], asOf = null, fetchedOn = asOf } = options;
  if (bytes.length === 0) return refused('FILE_EMPTY', 'the file is empty');
  if (bytes.length > MAX_STATEMENT_BYTES) return refused('FILE_TOO_LARGE', `the file is larger than ${MAX_STATEMENT_BYTES} bytes`);
  if (profile !== null && !knowsCsvProfile(profile))
    return refused('PROFILE_UNKNOWN', `there is no such profile; known are: ${CSV_PROFILES.map(({ name }) => name).join(', ')}`);
  if (isEbcdicZengin(bytes)) return refused('ENCODING_UNKNOWN', 'a Zengin file in EBCDIC is not read', { line: 1, byteOffset: 0 });
  const mark = markOf(bytes);
  if (mark?.startsWith('utf-16')) return refused('ENCODING_UNKNOWN', 'a file in UTF-16 is not read (its byte order mark says so)');
  if (holdsZeroBytes(bytes)) return refused('ENCODING_UNKNOWN', 'the file holds zero bytes, as no text in UTF-8, Shift_JIS or EUC-JP does');
  if (profile === null) {
    // The head is enough to tell the kind; the rest is laid out only when it is one that is read.
    const kind = zenginKind(toCells(bytes.subarray(0, 4_096)));
    if (kind === '03') return readZengin03(toCells(bytes), fetchedOn);
    if (isZenginWithCommas(bytes))
      return refused('FORMAT_UNKNOWN', 'a Zengin file with commas; only records of 200 characters are read', { line: 1, byteOffset: 0 });
    if (kind !== null) return refused('FORMAT_UNKNOWN', `a Zengin file of kind ${kind}; only 03 is read yet`, { line: 1, byteOffset: 0 });
  }
  // Zengin has its own characters; only of a CSV does it matter what was told.
  const { charset, by, unsure, doubt } = chooseCharset(bytes, charsets);
  if (unsure) return refused('ENCODING_UNKNOWN', `it is not sure which characters the file is written in; ${doubt}`);
  if (charset === 'iso-2022-jp' || charset.startsWith('utf-16'))
    return refused('ENCODING_UNKNOWN', `a file in ${charset} is not read (told by ${by})`);
  const csv = readCsv(bytes, { charset, profile, asOf });
  if (csv) return csv;
  return profile === null
    ? refused('FORMAT_UNKNOWN', `neither Zengin 03 nor a CSV whose header is known; ${NEXT}`, { line: 1, byteOffset: 0 })
    : refused('FORMAT_UNKNOWN', `no line is the header of the profile ${profile}`, { line: 1, byteOffset: 0 });
}
