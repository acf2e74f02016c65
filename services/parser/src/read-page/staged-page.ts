/** What one answer gave for the ledger. Kept beside the sealed page until the run commits or ends; never passed on. */
import { Day, Text } from '@enishi/contracts';
import { z } from 'zod';

/** What the bank says of an entry, in UTF-16 units. Lists of entries are told whole: each text of an entry has an end. */
export const MAX_WORDS = 1_000;
/** A name, a number, or an id that a bank gives. */
export const MAX_NAME = 200;
const Words = Text.max(MAX_WORDS);
const Name = Text.max(MAX_NAME);

/** bigint as a string: JSON has no integers of that size. */
export const StagedMoney = z.strictObject({ minor: z.string().regex(/^-?\d{1,30}$/), scale: z.number().int().min(0).max(30) });
export type StagedMoney = z.infer<typeof StagedMoney>;

export const StagedTransaction = z.strictObject({
  bankId: Name.nullable(),
  date: Day,
  valueDate: Day.nullable(),
  amount: StagedMoney,
  description: Words,
  counterparty: Words.nullable(),
  balance: StagedMoney.nullable(),
});
export type StagedTransaction = z.infer<typeof StagedTransaction>;

const AccountType = z.enum(['ordinary', 'current', 'savings', 'other']);
export type AccountType = z.infer<typeof AccountType>;

export const StagedAccount = z.strictObject({
  /** Names the account in the connector's requests. */
  key: Name,
  branch: Name,
  branchName: Name.nullable(),
  type: AccountType,
  /** As printed; null: staged before kinds were kept, `type` stands for it. */
  kind: Name.nullable().default(null),
  /** ISO 4217; null: the connector's. */
  currency: Name.nullable().default(null),
  number: Name,
  balance: StagedMoney,
  asOf: Day.nullable(),
});
export type StagedAccount = z.infer<typeof StagedAccount>;

export const StagedStatement = z.strictObject({
  /** `account` param of the request; null: the request has none, and the file itself says whose it is. */
  accountKey: Name.nullable(),
  source: z.enum(['html', 'file']),
  /** Whose words the texts are; null: staged before channels were kept. */
  channel: z.enum(['html', 'csv', 'zengin03']).nullable().default(null),
  /** The days that the bank says it lists; null: it does not say. */
  period: z.strictObject({ from: Day, to: Day }).nullable().default(null),
  /** 1 of 1 for a file. */
  page: z.number().int().min(1),
  pages: z.number().int().min(1),
  /** Rows of the whole list as declared by the bank; for a file that proves itself otherwise: the rows read. */
  totalRows: z.number().int().min(0),
  /** As the file says; null for HTML. */
  account: z
    .strictObject({
      bank: Name.nullable(),
      branch: Name.nullable(),
      type: AccountType.nullable(),
      kind: Name.nullable().default(null),
      currency: Name.nullable().default(null),
      number: Name.nullable(),
    })
    .nullable(),
  opening: StagedMoney.nullable(),
  closing: StagedMoney.nullable(),
  /** Day of the closing balance. */
  closingOn: Day.nullable(),
  transactions: z.array(StagedTransaction),
});
export type StagedStatement = z.infer<typeof StagedStatement>;

export const StagedPage = z.strictObject({
  accounts: z.array(StagedAccount),
  /** How many accounts the bank says there are; null: it does not say. */
  accountsDeclared: z.number().int().min(0).nullable().default(null),
  statement: StagedStatement.nullable(),
});
export type StagedPage = z.infer<typeof StagedPage>;
