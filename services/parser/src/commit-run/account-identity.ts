/** Which account it is, whatever connection, terminal or method it was read through. */
import { createHmac } from 'node:crypto';

export interface AccountCoordinates {
  institution: string;
  branch: string;
  type: string;
  number: string;
}

/** Digits without leading zeros: banks fill numbers up to 7 or 10 places as they like. */
export function plainNumber(number: string): string {
  return number
    .normalize('NFKC')
    .replaceAll(/[\s-]/g, '')
    .replace(/^0+(?=.)/, '');
}

/** HMAC-SHA256, base64url: without the key nobody can try out account numbers on a copy of the table's index. */
export function accountIdentity(key: Uint8Array, { institution, branch, type, number }: AccountCoordinates): string {
  const parts = ['enishi-account-v1', institution, branch.padStart(3, '0'), type, plainNumber(number)];
  return createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url');
}
