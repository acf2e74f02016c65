import type { ErrorKind } from '@enishi/contracts';

const BY_KIND: Readonly<Record<ErrorKind, number>> = { invalid: 400, denied: 403, missing: 404, conflict: 409, busy: 503, broken: 500 };
/** Codes for which HTTP has a word of its own (RFC 9110 §15.5.2, §15.5.14). */
const BY_CODE: ReadonlyMap<string, number> = new Map([
  ['platform.token_not_valid', 401],
  ['platform.too_large', 413],
]);

/** HTTP status of an error with this code and kind. */
export function httpStatusOf(error: { readonly code: string; readonly kind: ErrorKind }): number {
  return BY_CODE.get(error.code) ?? BY_KIND[error.kind];
}
