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

/** Kinds that banks and formats print in several ways. The names on the right are those that Zengin's codes are read as. */
const KINDS: Readonly<Record<string, string>> = {
  普通: 'ordinary',
  普通預金: 'ordinary',
  総合: 'ordinary',
  総合口座: 'ordinary',
  当座: 'current',
  当座預金: 'current',
  貯蓄: 'savings',
  貯蓄預金: 'savings',
  通知: 'notice',
  通知預金: 'notice',
  定期: 'time',
  定期預金: 'time',
  積立: 'instalment',
  積立預金: 'instalment',
  積立定期: 'instalment',
  積立定期預金: 'instalment',
};

/** One word for a kind that is printed in several ways; any other kind as it is printed, whatever its width and blanks. */
export function accountKind(printed: string): string {
  const plain = printed.normalize('NFKC').replaceAll(/\s/gu, '').toLowerCase();
  return KINDS[plain] ?? plain;
}

const COMMON_KINDS = new Set(Object.values(KINDS));
/** Whether banks and formats have one word for it, so that another word means another kind. */
export const isCommonKind = (kind: string): boolean => COMMON_KINDS.has(kind);

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
