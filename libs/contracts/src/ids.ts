/** Identifiers: each carries its prefix, so that one can never be taken for another. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const LENGTH = 26;

/** 26 characters of Crockford's base 32 (130 random bits). */
function randomPart(): string {
  let text = '';
  for (const byte of randomBytes(LENGTH)) text += ALPHABET[byte & 31];
  return text;
}

function idType<Prefix extends string>(prefix: Prefix, what: string) {
  const schema = z
    .string()
    .regex(new RegExp(`^${prefix}_[${ALPHABET}]{${LENGTH}}$`), `must be ${what}: ${prefix}_ and ${LENGTH} characters`)
    .brand<Prefix>()
    .describe(what);
  return Object.assign(schema, { generate: () => `${prefix}_${randomPart()}` as z.infer<typeof schema> });
}

/** A person or an organisation that data belong to. A person's holder id is their UIN. */
export const HolderId = idType('uin', 'a holder id');
export type HolderId = z.infer<typeof HolderId>;
/** One installation of the terminal agent on a user's PC. */
export const TerminalId = idType('term', 'a terminal id');
export type TerminalId = z.infer<typeof TerminalId>;
/** One holder's link to one bank through one terminal. */
export const ConnectionId = idType('conn', 'a connection id');
export type ConnectionId = z.infer<typeof ConnectionId>;
export const RunId = idType('run', 'a run id');
export type RunId = z.infer<typeof RunId>;
export const OrderId = idType('order', 'an order id');
export type OrderId = z.infer<typeof OrderId>;
/** One attachment of a terminal to a relay: ends with its WebSocket. */
export const SessionId = idType('sess', 'a session id');
export type SessionId = z.infer<typeof SessionId>;
export const AccountId = idType('acct', 'an account id');
export type AccountId = z.infer<typeof AccountId>;
export const TransactionId = idType('txn', 'a transaction id');
export type TransactionId = z.infer<typeof TransactionId>;
export const EventId = idType('evt', 'an event id');
export type EventId = z.infer<typeof EventId>;
