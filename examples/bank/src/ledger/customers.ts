/** The bank's customers and their accounts. Made up; the passwords are public on purpose. */
import { createHash } from 'node:crypto';

/** A text as the bank writes it on pages, and as JIS X 0201 kana (no small kana, no prolonged sound mark) in Zengin files. */
export interface Wording {
  readonly ja: string;
  readonly kana: string;
}

export const BANK = { code: '0999', name: { ja: 'つばめ銀行', kana: 'ﾂﾊﾞﾒｷﾞﾝｺｳ' } } as const;

export const BRANCHES = {
  '101': { ja: '本店営業部', kana: 'ﾎﾝﾃﾝｴｲｷﾞﾖｳﾌﾞ' },
  '205': { ja: 'みなと支店', kana: 'ﾐﾅﾄｼﾃﾝ' },
} as const satisfies Record<string, Wording>;

/** How the customer lives, which decides what the ledger holds. */
export type Life = 'household' | 'shop' | 'pennies' | 'none';
/** How the account's history leaves the bank. */
export type Channel = 'zengin' | 'csv' | 'html';

export const ACCOUNT_TYPES = {
  ordinary: { ja: '普通預金', zengin: '1' },
  current: { ja: '当座預金', zengin: '2' },
  savings: { ja: '貯蓄預金', zengin: '4' },
} as const;
export type AccountType = keyof typeof ACCOUNT_TYPES;

export interface BankAccount {
  readonly branch: keyof typeof BRANCHES;
  readonly type: AccountType;
  /** Seven digits. */
  readonly number: string;
  readonly channel: Channel;
  readonly life: Life;
  /** Yen on the day when the account was opened. */
  readonly openedWith: number;
}

export interface Customer {
  readonly name: string;
  /** Contract number: eight digits, the login id. */
  readonly userId: string;
  readonly password: string;
  readonly holder: Wording;
  readonly accounts: readonly BankAccount[];
}

export const CUSTOMERS: readonly Customer[] = [
  {
    name: 'hanako',
    userId: '10234567',
    password: 'tsubame-2026',
    holder: { ja: '佐藤　花子', kana: 'ｻﾄｳ ﾊﾅｺ' },
    accounts: [
      { branch: '101', type: 'ordinary', number: '1234567', channel: 'zengin', life: 'household', openedWith: 412_345 },
      { branch: '101', type: 'current', number: '0765432', channel: 'csv', life: 'shop', openedWith: 1_850_000 },
      { branch: '205', type: 'savings', number: '3456789', channel: 'html', life: 'pennies', openedWith: 350_000 },
      { branch: '205', type: 'ordinary', number: '2000018', channel: 'html', life: 'none', openedWith: 0 },
    ],
  },
  {
    name: 'taro',
    userId: '10987654',
    password: 'yanagi-2026',
    holder: { ja: '田中　太郎', kana: 'ﾀﾅｶ ﾀﾛｳ' },
    accounts: [
      { branch: '205', type: 'ordinary', number: '7654321', channel: 'zengin', life: 'household', openedWith: 98_700 },
      { branch: '205', type: 'current', number: '0100200', channel: 'csv', life: 'shop', openedWith: 640_000 },
      { branch: '101', type: 'savings', number: '5550123', channel: 'html', life: 'pennies', openedWith: 12_000 },
      { branch: '101', type: 'ordinary', number: '2000026', channel: 'zengin', life: 'none', openedWith: 0 },
    ],
  },
];

export function customerNamed(name: string): Customer | undefined {
  return CUSTOMERS.find((customer) => customer.name === name);
}

/** The opaque name of an account in the bank's URLs: twelve letters and digits, the same for ever. */
export function keyOf(account: BankAccount): string {
  const hash = createHash('sha256').update(`${BANK.code}-${account.branch}-${account.type}-${account.number}`).digest('hex');
  return hash.slice(0, 12).toUpperCase();
}
