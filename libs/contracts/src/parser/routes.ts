/** The HTTP doors of parser: what was read, and who may see which part of it (A6). */
import { z } from 'zod';
import { AccountId, TransactionId } from '../ids.js';
import { route } from '../route.js';
import { Day, Moment, Text } from '../values.js';
import { Reconciliation } from './commit-run.js';

const OWNER = 'parser';
/** Decimal string with the scale of the currency: "-1200", "12.34". Never a JSON number. */
export const Amount = z.string().regex(/^-?\d+(\.\d+)?$/);
/** The client that asks: `client_id` of its token. A terminal's own is its terminal id. */
export const ClientId = z.string().regex(/^[A-Za-z0-9._-]{1,80}$/);

export const Account = z.strictObject({
  accountId: AccountId,
  institution: z.strictObject({ code: Text, name: Text }),
  branch: z.strictObject({ code: Text, name: Text.nullable() }),
  type: z.enum(['ordinary', 'current', 'savings', 'other']),
  /** The kind of deposit: ordinary, current, savings, time, notice, instalment, or as the bank prints it. */
  kind: Text,
  number: Text,
  currency: Text,
  /** closed: the bank's own complete list of accounts no longer has it (after a merger of branches, say). */
  status: z.enum(['open', 'closed']),
  balance: z.strictObject({ amount: Amount, asOf: Day }).nullable(),
  reconciliation: Reconciliation,
  lastAggregatedAt: Moment,
});
export const Transaction = z.strictObject({
  transactionId: TransactionId,
  date: Day,
  valueDate: Day.nullable(),
  amount: Amount,
  currency: Text,
  description: Text,
  /** Balance after the transaction, where the bank tells it. */
  balance: Amount.nullable(),
  /** When the bank's reading last showed it otherwise than before; null: never. */
  revisedAt: Moment.nullable(),
  /** Since when the bank does not show it any more; null: it does. Not part of any sum. */
  withdrawnAt: Moment.nullable(),
});
export const AccessPolicy = z.strictObject({
  clientId: ClientId,
  /** all, or a part: these accounts. */
  accounts: z.union([z.literal('all'), z.array(AccountId).max(200)]),
  /** How far back the client may see; null: all of it. */
  since: Day.nullable(),
});

export const listAccounts = route(OWNER, 'GET', '/v1/accounts', {
  operationId: 'listAccounts',
  summary: 'Lists the accounts that this client may see',
  scope: 'accounts:read',
  /** `totals`: the balances of the open accounts, by currency. */
  output: z.strictObject({ accounts: z.array(Account), totals: z.array(z.strictObject({ currency: Text, amount: Amount })) }),
  errors: { access_not_granted: 'denied' },
});
export const listTransactions = route(OWNER, 'GET', '/v1/accounts/{accountId}/transactions', {
  operationId: 'listTransactions',
  summary: 'Lists transactions of an account, newest first',
  scope: 'accounts:read',
  params: z.strictObject({ accountId: AccountId }),
  query: z.strictObject({
    from: Day.optional(),
    to: Day.optional(),
    /** Also the entries that the bank does not show any more. */
    withdrawn: z.enum(['exclude', 'include']).optional(),
    limit: z.coerce.number().int().min(1).max(500).default(100),
    /** `nextCursor` of the page before. */
    cursor: Text.max(200).optional(),
  }),
  output: z.strictObject({ transactions: z.array(Transaction), nextCursor: Text.nullable() }),
  errors: { access_not_granted: 'denied', account_unknown: 'missing', cursor_not_valid: 'invalid' },
});
export const listAccess = route(OWNER, 'GET', '/v1/access', {
  operationId: 'listAccess',
  summary: 'Lists which client may see what',
  scope: 'access:manage',
  output: z.strictObject({ access: z.array(AccessPolicy) }),
});
export const setAccess = route(OWNER, 'PUT', '/v1/access/{clientId}', {
  operationId: 'setAccess',
  summary: 'Lets a client or terminal see all or a part',
  scope: 'access:manage',
  params: z.strictObject({ clientId: ClientId }),
  body: AccessPolicy.omit({ clientId: true }),
  output: AccessPolicy,
  errors: { account_unknown: 'missing', too_many_clients: 'conflict' },
});
export const removeAccess = route(OWNER, 'DELETE', '/v1/access/{clientId}', {
  operationId: 'removeAccess',
  summary: 'Lets a client see nothing from now on',
  scope: 'access:manage',
  status: 204,
  params: z.strictObject({ clientId: ClientId }),
  errors: { access_unknown: 'missing' },
});
