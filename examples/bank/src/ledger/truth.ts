/** The bank's own ledger for those who check what was read: the truth, with money as decimal strings. */

import type { Day } from './calendar.js';
import { ACCOUNT_TYPES, BANK, BRANCHES, type Channel, customerNamed } from './customers.js';
import { KINDS } from './days.js';
import { booksOf } from './ledger.js';

export interface TruthTransaction {
  readonly date: Day;
  readonly valueDate: Day;
  /** Yen, "-480". */
  readonly amount: string;
  /** Yen after it. */
  readonly balance: string;
  /** 取引区分, two digits. */
  readonly kind: string;
  readonly summary: { readonly ja: string; readonly kana: string };
  readonly name: { readonly ja: string; readonly kana: string };
}

export interface TruthAccount {
  readonly key: string;
  readonly bank: string;
  readonly branch: { readonly code: string; readonly name: string };
  readonly type: keyof typeof ACCOUNT_TYPES;
  readonly number: string;
  readonly currency: 'JPY';
  readonly channel: Channel;
  readonly from: Day;
  readonly to: Day;
  readonly opening: string;
  readonly balance: string;
  /** Oldest first. */
  readonly transactions: readonly TruthTransaction[];
}

export interface Truth {
  readonly seed: number;
  readonly today: Day;
  readonly user: string;
  /** Contract number: the login id. */
  readonly userId: string;
  readonly accounts: readonly TruthAccount[];
}

/** The ledger of a user (by name, `hanako`) as it stands on `today`. Throws RangeError for a user or day that the bank does not know. */
export function truthOf(seed: number, user: string, today: Day): Truth {
  const customer = customerNamed(user);
  if (!customer) throw new RangeError('The bank has no such user');
  return {
    seed,
    today,
    user,
    userId: customer.userId,
    accounts: booksOf(seed, customer, today).map(({ key, account, from, to, opening, entries, balance }) => ({
      key,
      bank: BANK.code,
      branch: { code: account.branch, name: BRANCHES[account.branch].ja },
      type: account.type,
      number: account.number,
      currency: 'JPY',
      channel: account.channel,
      from,
      to,
      opening: String(opening),
      balance: String(balance),
      transactions: entries.map((entry) => ({
        date: entry.date,
        valueDate: entry.valueDate,
        amount: String(entry.amount),
        balance: String(entry.balance),
        kind: KINDS[entry.kind],
        summary: { ja: entry.summary.ja, kana: entry.summary.kana },
        name: { ja: entry.name.ja, kana: entry.name.kana },
      })),
    })),
  };
}
