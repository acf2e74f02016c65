/** Zengin 03 (全銀協 入出金取引明細): 200-byte records in JIS X 0201, CRLF after each, years of the Reiwa era. */
import iconv from 'iconv-lite';
import { type Day, reiwa } from '../ledger/calendar.js';
import { ACCOUNT_TYPES, BANK, type BankAccount, BRANCHES, type Wording } from '../ledger/customers.js';
import { KINDS } from '../ledger/days.js';
import type { Entry, Period } from '../ledger/ledger.js';

const RECORD_BYTES = 200;

/** Right-aligned digits, filled with zeros. */
function n(value: number | string, length: number): string {
  const text = String(value);
  if (!/^\d*$/.test(text) || text.length > length) throw new RangeError(`A number does not fit into ${length} digits`);
  return text.padStart(length, '0');
}

/** Left-aligned text, filled with blanks; one byte per character. */
function c(text: string, length: number): string {
  // ASCII and half-width kana without the prolonged sound mark (0xB0) and without small kana: what Zengin permits.
  if (!/^[ -~｡-ｦｱ-ﾟ]*$/.test(text)) throw new RangeError('A text holds characters that Zengin does not permit');
  return text.slice(0, length).padEnd(length, ' ');
}

function record(...fields: string[]): string {
  const text = fields.join('');
  if (text.length !== RECORD_BYTES) throw new RangeError(`A record has ${text.length} bytes instead of ${RECORD_BYTES}`);
  return text;
}

const sign = (yen: number): string => (yen < 0 ? '2' : '1');

function header(account: BankAccount, holder: Wording, period: Period, made: Day): string {
  return record(
    '1',
    '03',
    '0',
    reiwa(made),
    reiwa(period.from),
    reiwa(period.to),
    BANK.code,
    c(BANK.name.kana, 15),
    account.branch,
    c(BRANCHES[account.branch].kana, 15),
    '000',
    ACCOUNT_TYPES[account.type].zengin,
    n(account.number, 10),
    c(holder.kana, 40),
    sign(period.opening),
    '1',
    n(Math.abs(period.opening), 14),
    c('', 71),
  );
}

function data(entry: Entry, position: number): string {
  return record(
    '2',
    // 識別番号 counts within this file: it is no lasting id of the entry.
    n(position, 8),
    reiwa(entry.date),
    reiwa(entry.valueDate),
    entry.side === 'in' ? '1' : '2',
    KINDS[entry.kind],
    n(Math.abs(entry.amount), 12),
    n(0, 12),
    n(0, 6),
    n(0, 6),
    entry.chequeNumber ? '1' : '0',
    n(entry.chequeNumber ?? 0, 7),
    n(0, 3),
    n(0, 10),
    c(entry.name.kana, 48),
    c(entry.fromBank?.bank ?? '', 15),
    c(entry.fromBank?.branch ?? '', 15),
    c(entry.summary.kana, 20),
    c('', 20),
    ' ',
  );
}

function trailer(period: Period): string {
  const deposits = period.entries.filter((entry) => entry.side === 'in');
  const withdrawals = period.entries.filter((entry) => entry.side === 'out');
  const total = (entries: readonly Entry[]): number => entries.reduce((sum, entry) => sum + Math.abs(entry.amount), 0);
  return record(
    '8',
    n(deposits.length, 6),
    n(total(deposits), 13),
    n(withdrawals.length, 6),
    n(total(withdrawals), 13),
    sign(period.balance),
    n(Math.abs(period.balance), 14),
    n(period.entries.length, 7),
    c('', 139),
  );
}

/** The file for one account and period, made on the day `made`. A period without entries has header, trailer and end. */
export function zenginFile(account: BankAccount, holder: Wording, period: Period, made: Day): Buffer {
  const records = [header(account, holder, period, made), ...period.entries.map((entry, i) => data(entry, i + 1)), trailer(period)];
  // The end record counts itself too; one account.
  records.push(record('9', n(records.length + 1, 10), n(1, 5), c('', 184)));
  return iconv.encode(records.map((text) => `${text}\r\n`).join(''), 'shift_jis');
}
