/** Writes Zengin 03 files for tests: records of 200 bytes of JIS X 0201, as a bank would. */

export interface ZenginEntry {
  date: string;
  value?: string;
  amount: bigint;
  kind?: string;
  text?: string;
  sender?: string;
  inquiry?: string;
  edi?: string;
}
export interface ZenginAccount {
  bank?: string;
  branch?: string;
  deposit?: string;
  number?: string;
  created?: string;
  from?: string;
  to?: string;
  opening: bigint;
  entries: ZenginEntry[];
  /** Default: opening + sum. */
  closing?: bigint;
}

/** ASCII and kana of half width, as JIS X 0201 bytes; the yen sign is 5C. */
export function jis(text: string): Buffer {
  return Buffer.from(
    [...text].map((char) => {
      const code = char.codePointAt(0) as number;
      if (char === '¥') return 0x5c;
      return code >= 0xff61 && code <= 0xff9f ? code - 0xff61 + 0xa1 : code;
    }),
  );
}

const left = (text: string, width: number) => text.padEnd(width).slice(0, width);
const right = (value: bigint | number | string, width: number) => String(value).padStart(width, '0');
const magnitude = (value: bigint) => (value < 0n ? -value : value);
const sign = (value: bigint) => (value < 0n ? '2' : '1');

export function zenginRecords(accounts: readonly ZenginAccount[]): string[] {
  const records: string[] = [];
  for (const account of accounts) {
    const created = account.created ?? '081122';
    const { opening, entries } = account;
    const sum = entries.reduce((total, entry) => total + entry.amount, 0n);
    const closing = account.closing ?? opening + sum;
    const side = (inward: boolean) => entries.filter((e) => (inward ? e.amount >= 0n : e.amount < 0n)).map((e) => magnitude(e.amount));
    const add = (amounts: bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);
    records.push(
      `1030${created}${account.from ?? '081001'}${account.to ?? '081122'}${account.bank ?? '0999'}${left('ﾂﾊﾞﾒ', 15)}${account.branch ?? '101'}` +
        `${left('ﾎﾝﾃﾝ', 15)}   ${account.deposit ?? '1'}${right(account.number ?? '1234567', 10)}${left('ｴﾝｲｼ ﾀﾛｳ', 40)}${sign(opening)}1` +
        `${right(magnitude(opening), 14)}${left('', 71)}`,
    );
    for (const entry of entries)
      records.push(
        `2${left(entry.inquiry ?? '00000000', 8)}${entry.date}${entry.value ?? entry.date}${entry.amount >= 0n ? '1' : '2'}${entry.kind ?? '11'}` +
          `${right(magnitude(entry.amount), 12)}${right(0, 12)}${right(0, 6)}${right(0, 6)} ${left('', 7)}${left('', 3)}${left('', 10)}` +
          `${left(entry.sender ?? '', 48)}${left('', 15)}${left('', 15)}${left(entry.text ?? '', 20)}${left(entry.edi ?? '', 20)} `,
      );
    records.push(
      `8${right(side(true).length, 6)}${right(add(side(true)), 13)}${right(side(false).length, 6)}${right(add(side(false)), 13)}` +
        `${sign(closing)}${right(magnitude(closing), 14)}${right(entries.length, 7)}${left('', 139)}`,
    );
  }
  records.push(`9${right(records.length + 1, 10)}${right(accounts.length, 5)}${left('', 184)}`);
  return records;
}

export function zenginFile(accounts: readonly ZenginAccount[], lineEnd = '\r\n'): Buffer {
  return jis(
    zenginRecords(accounts)
      .map((record) => record + lineEnd)
      .join(''),
  );
}
