/** The bank's CSV: Shift_JIS, CRLF, title lines, quoted amounts with commas, newest first. */
import iconv from 'iconv-lite';
import type { Day } from '../ledger/calendar.js';
import { ACCOUNT_TYPES, BANK, type BankAccount, BRANCHES, type Wording } from '../ledger/customers.js';
import type { Period } from '../ledger/ledger.js';

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const yen = (amount: number): string => amount.toLocaleString('en-US');
const slashed = (day: Day): string => day.replaceAll('-', '/');

export const CSV_COLUMNS = ['お取引日', '起算日', 'お支払金額', 'お預り金額', '差引残高', '摘要', 'お取引先'] as const;

/** The file for one account and period, made on the day `made`. */
export function csvFile(account: BankAccount, holder: Wording, period: Period, made: Day): Buffer {
  const lines = [
    [`${BANK.name.ja}　入出金明細`],
    ['作成日', slashed(made)],
    ['店番・店名', `${account.branch} ${BRANCHES[account.branch].ja}`],
    ['口座', `${ACCOUNT_TYPES[account.type].ja} ${account.number}`],
    ['口座名義', `${holder.ja}　様`],
    ['照会期間', `${slashed(period.from)}～${slashed(period.to)}`],
    ['明細件数', `${period.entries.length}件`],
    ['期間前残高', yen(period.opening)],
    ['期間末残高', yen(period.balance)],
    [],
    [...CSV_COLUMNS],
    ...period.entries
      .toReversed()
      .map((entry) => [
        slashed(entry.date),
        entry.valueDate === entry.date ? '' : slashed(entry.valueDate),
        entry.side === 'out' ? yen(Math.abs(entry.amount)) : '',
        entry.side === 'in' ? yen(entry.amount) : '',
        yen(entry.balance),
        entry.summary.ja,
        entry.name.ja,
      ]),
  ];
  const text = lines.map((fields) => `${fields.map(quoted).join(',')}\r\n`).join('');
  return iconv.encode(text, 'shift_jis');
}
