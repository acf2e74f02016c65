/** Which account it is, whatever connection, terminal or method it was read through. */
import { createHmac } from 'node:crypto';

export interface AccountCoordinates {
  institution: string;
  branch: string;
  /** As `accountKind` gives it. */
  kind: string;
  /** ISO 4217. */
  currency: string;
  number: string;
}

/** Digits without leading zeros: banks fill numbers up to 7 or 10 places as they like. */
export function plainNumber(number: string): string {
  return number
    .normalize('NFKC')
    .replaceAll(/[\s-]/g, '')
    .replace(/^0+(?=.)/, '');
}

/**
 * HMAC-SHA256, base64url: without the key nobody can try out account numbers on a copy of the table's index.
 * v2: kind and currency are part of it, because one number may hold several accounts (普通, 定期, 外貨 USD).
 */
export function accountIdentity(key: Uint8Array, { institution, branch, kind, currency, number }: AccountCoordinates): string {
  return hmac(key, ['enishi-account-v2', institution, branch.padStart(3, '0'), kind, currency, plainNumber(number)]);
}

/** As it was made before kinds and currencies were told apart: a row that is stored under it is carried over when its account is read. */
export function accountIdentityV1(
  key: Uint8Array,
  { institution, branch, type, number }: { institution: string; branch: string; type: string; number: string },
): string {
  return hmac(key, ['enishi-account-v1', institution, branch.padStart(3, '0'), type, plainNumber(number)]);
}

function hmac(key: Uint8Array, parts: readonly string[]): string {
  return createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url');
}
