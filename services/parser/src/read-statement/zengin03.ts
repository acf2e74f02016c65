/** Zengin 03, 入出金取引明細: header (1), entries (2), trailer (8) per account, one end record (9). */
import { addDays, eraDay } from './dates.js';
import { type Money, negated, sumOf } from './money.js';
import { reconcile } from './reconcile.js';
import { Problems, type ReadStatement, type ReadTransaction, type StatementFile } from './statement-file.js';
import { type Cells, RECORD_CELLS, recordsOf, textOfCells, type ZenginRecord } from './zengin-cells.js';

/** Field → [first cell, cells], counted from 0. Deposit types 5, 6 and 7 lay their entries out differently. */
// biome-ignore format: one record, one table
const HEADER = {
  created: [4, 6], from: [10, 6], to: [16, 6], bank: [22, 4], bankName: [26, 15], branch: [41, 3], branchName: [44, 15],
  deposit: [62, 1], number: [63, 10], holder: [73, 40], sign: [113, 1], opening: [115, 14],
} as const;
// biome-ignore format: one record, one table
const ENTRY = {
  inquiry: [1, 8], booked: [9, 6], value: [15, 6], direction: [21, 1], kind: [22, 2], amount: [24, 12],
  sender: [81, 48], text: [159, 20], edi: [179, 20],
} as const;
const TRAILER = {
  inCount: [1, 6],
  inSum: [7, 13],
  outCount: [20, 6],
  outSum: [26, 13],
  sign: [39, 1],
  closing: [40, 14],
  rows: [54, 7],
} as const;
const END = { records: [1, 10], accounts: [11, 5] } as const;

// biome-ignore format: one code list
const DEPOSITS: Readonly<Record<string, string>> = {
  1: 'ordinary', 2: 'current', 4: 'savings', 5: 'notice', 6: 'time', 7: 'instalment', 8: 'special', 9: 'other',
};
const OTHER_LAYOUT = new Set(['5', '6', '7']);
/** 取引区分 of a direct debit (振替) and of a correction (訂正). */
const DEBIT = '14';
const CORRECTION = '19';

type Field = readonly [number, number];
const raw = (record: ZenginRecord, [at, width]: Field) => textOfCells(record.codes, at, at + width);
const text = (record: ZenginRecord, field: Field) => raw(record, field).trim() || null;
/** Right-aligned digits, filled with zeros or blanks; null when it is blank or anything else. */
function digits(record: ZenginRecord, field: Field): bigint | null {
  const found = /^ *(\d+)$/.exec(raw(record, field));
  return found?.[1] ? BigInt(found[1]) : null;
}
const yen = (minor: bigint): Money => ({ minor, scale: 0 });

interface Group {
  statement: ReadStatement;
  entries: { transaction: ReadTransaction; inward: boolean; correction: boolean }[];
  /** Entry records met, readable or not. */
  met: number;
  /** Of those, the ones that could not be read. */
  unread: number;
  created: string | null;
  otherLayout: boolean;
}

interface Reading {
  problems: Problems;
  fetchedOn: string | null;
  groups: Group[];
  open: Group | null;
  /** Records and accounts since the last end record. */
  records: number;
  accounts: number;
  ended: boolean;
  endProven: boolean;
}

/** Balances are optional in kind 03: blank, or zeros without a sign, says nothing. */
function balanceOf(record: ZenginRecord, sign: Field, amount: Field, what: string, problems: Problems): Money | null {
  const minor = digits(record, amount);
  const code = raw(record, sign);
  if (text(record, amount) === null || (code === ' ' && minor === 0n)) return null;
  if (minor === null) {
    problems.add('BALANCE_UNREADABLE', `the ${what} balance is not a number`, record.line, record.byteOffset);
    return null;
  }
  if (minor === 0n || code === '1') return yen(minor);
  if (code === '2') return yen(-minor);
  problems.add('BALANCE_UNREADABLE', `the sign of the ${what} balance is neither 1 (plus) nor 2 (minus)`, record.line, record.byteOffset);
  return null;
}

/** Days of entries, and of the period's begin, after the file's creation, at most: clocks and days of booking differ. */
const SLACK_DAYS = 31;
/** A period may be asked for that is not over, and a value day may lie ahead: up to a year. */
const AHEAD_DAYS = 366;
const after = (day: string | null, days: number) => day && addDays(day, days);

function dayIn(record: ZenginRecord, field: Field, notAfter: string | null, what: string, problems: Problems): string | null {
  const written = raw(record, field);
  if (/^[ 0]*$/.test(written)) return null;
  const day = eraDay(written, notAfter);
  if (!day) problems.add('DATE_UNREADABLE', `${what} is not a day of an era that can be told`, record.line, record.byteOffset);
  return day;
}

/** A period never ends before it begins: such an end is not a day that can be told. */
function periodIn(record: ZenginRecord, created: string | null, problems: Problems): ReadStatement['period'] {
  const from = dayIn(record, HEADER.from, after(created, SLACK_DAYS), 'the first day of the period', problems);
  const to = dayIn(record, HEADER.to, after(created, AHEAD_DAYS), 'the last day of the period', problems);
  if (from === null || to === null || from <= to) return { from, to };
  problems.add('DATE_UNREADABLE', 'the period ends before it begins', record.line, record.byteOffset);
  return { from: null, to: null };
}

function header(reading: Reading, record: ZenginRecord): void {
  const { problems, fetchedOn } = reading;
  if (reading.open) trailerMissing(reading, record);
  const created = dayIn(record, HEADER.created, after(fetchedOn, SLACK_DAYS), 'the day of creation', problems) ?? fetchedOn;
  const period = periodIn(record, created, problems);
  const deposit = raw(record, HEADER.deposit);
  const number = text(record, HEADER.number);
  const opening = balanceOf(record, HEADER.sign, HEADER.opening, 'opening', problems);
  const group: Group = {
    statement: {
      account: {
        bank: text(record, HEADER.bank),
        branch: text(record, HEADER.branch),
        // Ten cells hold a number of seven digits behind zeros.
        number: number && /^000\d{7}$/.test(number) ? number.slice(3) : number,
        iban: null,
        type: DEPOSITS[deposit] ?? null,
        currency: 'JPY',
      },
      // The format has no other currency.
      named: { kind: DEPOSITS[deposit] ?? null, currency: 'JPY' },
      period,
      opening: opening && { amount: opening, date: period.from },
      closing: null,
      reconciliation: { state: 'unknown', delta: null },
      transactions: [],
      proof: null,
    },
    entries: [],
    met: 0,
    unread: 0,
    created,
    otherLayout: OTHER_LAYOUT.has(deposit),
  };
  if (group.otherLayout)
    problems.add('LAYOUT_UNSUPPORTED', 'entries of a notice, time or instalment deposit are not read yet', record.line, record.byteOffset);
  reading.groups.push(group);
  reading.open = group;
  reading.accounts += 1;
}

/**
 * One field holds the counterparty's name or, in a direct debit, the contract number. Banks that write a name there
 * all the same are told by kana: a number has none.
 */
function partyOf(record: ZenginRecord, kind: string): Pick<ReadTransaction, 'counterparty' | 'contractNumber'> {
  const written = text(record, ENTRY.sender);
  const isNumber = kind === DEBIT && written !== null && /^[0-9A-Z -]*[0-9][0-9A-Z -]*$/.test(written);
  return isNumber ? { counterparty: null, contractNumber: written } : { counterparty: written, contractNumber: null };
}

function entry(reading: Reading, record: ZenginRecord): void {
  const { problems, open } = reading;
  if (!open) return problems.add('RECORD_OUT_OF_PLACE', 'an entry without a header before it', record.line, record.byteOffset);
  open.met += 1;
  if (open.otherLayout) return;
  const complain = (code: string, message: string) => {
    open.unread += 1;
    problems.add(code, message, record.line, record.byteOffset);
  };
  if (record.length < ENTRY.text[0])
    return complain('RECORD_LENGTH', `the entry ends after ${record.length} of ${RECORD_CELLS} characters`);
  const amount = digits(record, ENTRY.amount);
  if (amount === null) return complain('AMOUNT_UNREADABLE', 'the amount is not a number');
  const direction = raw(record, ENTRY.direction);
  if (direction !== '1' && direction !== '2') return complain('DIRECTION_UNREADABLE', 'neither 1 (in) nor 2 (out)');
  const date = eraDay(raw(record, ENTRY.booked), after(open.created, SLACK_DAYS));
  if (!date) return complain('DATE_UNREADABLE', 'the booking day is not a day of an era that can be told');
  const inquiry = text(record, ENTRY.inquiry);
  const kind = raw(record, ENTRY.kind);
  open.entries.push({
    transaction: {
      bankId: inquiry && /[^0]/.test(inquiry) ? inquiry : null,
      date,
      valueDate: dayIn(record, ENTRY.value, after(open.created, AHEAD_DAYS), 'the value day', problems),
      amount: yen(direction === '1' ? amount : -amount),
      currency: 'JPY',
      description: text(record, ENTRY.text),
      ...partyOf(record, kind),
      edi: text(record, ENTRY.edi),
      pending: false,
      balance: null,
    },
    inward: direction === '1',
    correction: kind === CORRECTION,
  });
}

function trailerMissing(reading: Reading, record: ZenginRecord | null): void {
  reading.problems.add('TRAILER_MISSING', 'the account has no trailer: entries may be missing', record?.line, record?.byteOffset);
  reading.open = null;
}

/** The trailer counts and adds; only when it agrees is it proven that nothing is missing. */
function trailer(reading: Reading, record: ZenginRecord): void {
  const { problems, open } = reading;
  if (!open) return problems.add('RECORD_OUT_OF_PLACE', 'a trailer without a header before it', record.line, record.byteOffset);
  reading.open = null;
  const closing = balanceOf(record, TRAILER.sign, TRAILER.closing, 'closing', problems);
  open.statement.closing = closing && { amount: closing, date: open.statement.period.to };
  if (open.otherLayout) return;
  const side = (inward: boolean) => open.entries.filter((e) => e.inward === inward).map((e) => e.transaction.amount);
  const [deposits, withdrawals] = [side(true), side(false)];
  const checks: [Field, bigint, string][] = [
    [TRAILER.inCount, BigInt(deposits.length), 'number of deposits'],
    [TRAILER.inSum, sumOf(deposits).minor, 'sum of deposits'],
    [TRAILER.outCount, BigInt(withdrawals.length), 'number of withdrawals'],
    [TRAILER.outSum, -sumOf(withdrawals).minor, 'sum of withdrawals'],
  ];
  if (text(record, TRAILER.rows) !== null) checks.push([TRAILER.rows, BigInt(open.met), 'number of entries']);
  const wrong = checks.filter(([field, counted]) => digits(record, field) !== counted).map(([, , what]) => what);
  if (wrong.length > 0)
    problems.add('CONTROL_TOTAL_WRONG', `the trailer does not agree: ${wrong.join(', ')}`, record.line, record.byteOffset);
  // Totals that agree are no proof when an entry was refused: they may agree by chance (an entry of 0 yen).
  else if (open.unread === 0) open.statement.proof = 'control-totals';
  settleCorrections(open);
}

/**
 * A correction (取引区分 19) takes back an earlier entry. Some banks write the side that it books on, others the
 * side of the entry that it takes back. The file itself tells: as written, unless only the other way adds up.
 */
function settleCorrections({ statement, entries }: Group): void {
  const sum = (turned: boolean) =>
    entries.map(({ transaction, correction }) => (turned && correction ? negated(transaction.amount) : transaction.amount));
  const reconciles = (turned: boolean) => reconcile(statement.opening, statement.closing, sum(turned)).state === 'reconciled';
  if (!entries.some((e) => e.correction) || reconciles(false) || !reconciles(true)) return;
  for (const { transaction, correction } of entries) if (correction) transaction.amount = negated(transaction.amount);
}

/** The end record counts all records, itself too, and the accounts. */
function end(reading: Reading, record: ZenginRecord): void {
  const { problems } = reading;
  if (reading.open) trailerMissing(reading, record);
  const wrong: string[] = [];
  if (digits(record, END.records) !== BigInt(reading.records)) wrong.push('number of records');
  if (digits(record, END.accounts) !== BigInt(reading.accounts)) wrong.push('number of accounts');
  if (wrong.length > 0)
    problems.add('CONTROL_TOTAL_WRONG', `the end record does not agree: ${wrong.join(', ')}`, record.line, record.byteOffset);
  reading.endProven = wrong.length === 0;
  reading.ended = true;
  reading.records = 0;
  reading.accounts = 0;
}

const READERS: Readonly<Record<string, (reading: Reading, record: ZenginRecord) => void>> = { 1: header, 2: entry, 8: trailer, 9: end };
/** Cells that a record must have: what follows is filler, and programs trim it. */
const NEEDED: Readonly<Record<string, number>> = { 1: 129, 2: ENTRY.text[0], 8: 61, 9: 16 };

function readRecord(reading: Reading, record: ZenginRecord): void {
  const { problems } = reading;
  const kind = raw(record, [0, 1]);
  const read = READERS[kind];
  reading.records += 1;
  if (!read)
    return problems.add(
      'RECORD_UNKNOWN',
      'the record is neither header (1), entry (2), trailer (8) nor end (9)',
      record.line,
      record.byteOffset,
    );
  if (kind !== '9') reading.ended = false;
  if (record.length < RECORD_CELLS)
    problems.add(
      record.cut ? 'FILE_CUT' : 'RECORD_LENGTH',
      record.cut ? 'the file ends inside this record' : `the record has ${record.length} characters instead of ${RECORD_CELLS}`,
      record.line,
      record.byteOffset,
    );
  if (record.length >= (NEEDED[kind] ?? 0)) return read(reading, record);
  // Too short to be read: still counted, so that the trailer does not agree by chance.
  if (kind === '2' && reading.open) {
    reading.open.met += 1;
    reading.open.unread += 1;
  }
}

/** First record of a Zengin file: 1, the kind of data, the kind of code; 200 cells up to the line end. */
export function zenginKind({ codes }: Cells): string | null {
  const head = textOfCells(codes, 0, 22);
  if (!/^1\d\d[01][\d ]{18}/.test(head)) return null;
  const first = textOfCells(codes, 0, RECORD_CELLS + 1);
  const length = first.search(/[\r\n]/);
  return length === -1 || length >= 100 ? head.slice(1, 3) : null;
}

/** Records of a file, at most: 16 MiB hold no more than half of that. */
const MAX_RECORDS = 200_000;

/** `fetchedOn`: the day the file was made or fetched at the latest, for the years of eras; never "now". */
export function readZengin03(source: Cells, fetchedOn: string | null): StatementFile {
  const problems = new Problems();
  const reading: Reading = { problems, fetchedOn, groups: [], open: null, records: 0, accounts: 0, ended: false, endProven: true };
  let records = 0;
  for (const record of recordsOf(source)) {
    records += 1;
    if (records > MAX_RECORDS) {
      problems.add('TOO_MANY_RECORDS', `only the first ${MAX_RECORDS} records were read`, record.line, record.byteOffset);
      break;
    }
    readRecord(reading, record);
  }
  if (reading.open) trailerMissing(reading, null);
  if (!reading.ended) {
    problems.add('END_MISSING', 'the file has no end record: it may be cut', null, null);
    reading.endProven = false;
  }
  const statements = reading.groups.map(({ statement, entries }) => {
    statement.transactions = entries.map((e) => e.transaction);
    statement.reconciliation = reconcile(
      statement.opening,
      statement.closing,
      statement.transactions.map((t) => t.amount),
    );
    if (!reading.endProven) statement.proof = null;
    return statement;
  });
  const proven = statements.every((statement) => statement.proof !== null);
  const rows = statements.reduce((sum, statement) => sum + statement.transactions.length, 0);
  return {
    format: 'zengin03',
    encoding: source.encoding,
    replacedCharacters: source.replaced,
    verdict: statements.length === 0 ? 'refused' : !proven ? 'partial' : rows === 0 ? 'empty' : 'complete',
    statements,
    problems: problems.all(),
  };
}
