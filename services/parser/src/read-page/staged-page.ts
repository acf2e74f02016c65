/** What one answer gave for the ledger. Kept beside the sealed page until the run commits or ends; never passed on. */
import { z } from 'zod';

/** bigint as a string: JSON has no integers of that size. */
export const StagedMoney = z.strictObject({ minor: z.string().regex(/^-?\d{1,30}$/), scale: z.number().int().min(0).max(30) });
export type StagedMoney = z.infer<typeof StagedMoney>;

export const StagedTransaction = z.strictObject({
  bankId: z.string().nullable(),
  date: z.iso.date(),
  valueDate: z.iso.date().nullable(),
  amount: StagedMoney,
  description: z.string(),
  counterparty: z.string().nullable(),
  balance: StagedMoney.nullable(),
});
export type StagedTransaction = z.infer<typeof StagedTransaction>;

const AccountType = z.enum(['ordinary', 'current', 'savings', 'other']);
export type AccountType = z.infer<typeof AccountType>;

export const StagedAccount = z.strictObject({
  /** Names the account in the connector's requests. */
  key: z.string(),
  branch: z.string(),
  branchName: z.string().nullable(),
  type: AccountType,
  /** As printed; null: staged before kinds were kept, `type` stands for it. */
  kind: z.string().nullable().default(null),
  /** ISO 4217; null: the connector's. */
  currency: z.string().nullable().default(null),
  number: z.string(),
  balance: StagedMoney,
  asOf: z.iso.date().nullable(),
});
export type StagedAccount = z.infer<typeof StagedAccount>;

export const StagedStatement = z.strictObject({
  /** `account` param of the request; null: the request has none, and the file itself says whose it is. */
  accountKey: z.string().nullable(),
  source: z.enum(['html', 'file']),
  /** Whose words the texts are; null: staged before channels were kept. */
  channel: z.enum(['html', 'csv', 'zengin03']).nullable().default(null),
  /** The days that the bank says it lists; null: it does not say. */
  period: z.strictObject({ from: z.iso.date(), to: z.iso.date() }).nullable().default(null),
  /** 1 of 1 for a file. */
  page: z.number().int().min(1),
  pages: z.number().int().min(1),
  /** Rows of the whole list as declared by the bank; for a file that proves itself otherwise: the rows read. */
  totalRows: z.number().int().min(0),
  /** As the file says; null for HTML. */
  account: z
    .strictObject({
      bank: z.string().nullable(),
      branch: z.string().nullable(),
      type: AccountType.nullable(),
      kind: z.string().nullable().default(null),
      currency: z.string().nullable().default(null),
      number: z.string().nullable(),
    })
    .nullable(),
  opening: StagedMoney.nullable(),
  closing: StagedMoney.nullable(),
  /** Day of the closing balance. */
  closingOn: z.iso.date().nullable(),
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
