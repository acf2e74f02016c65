/** Problem details (RFC 9457): how every error leaves an HTTP door. */
import { STATUS_CODES } from 'node:http';
import { type AppError, httpStatusOf, toWire } from '@enishi/errors';
import { currentTraceId } from '@enishi/telemetry';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';
/** When a caller of a busy service may come again, seconds. */
const RETRY_AFTER_SECONDS = 1;

export interface Problem {
  /** `about:blank`: the code says what it is. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly place?: string | undefined;
  /** Finds the request in traces and logs. */
  readonly traceId?: string | undefined;
}

/** The problem that says this error; `status` where the protocol knows a better one than the error's kind. */
export function problemOf(error: AppError, status: number = httpStatusOf(error)): Problem {
  const { code, message, place } = toWire(error);
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail: message, code, place, traceId: currentTraceId() };
}

/** Headers that belong to an error (RFC 9110 §10.2.3, RFC 6750 §3). */
export function headersOf(error: AppError, scope?: string): Record<string, string> {
  switch (error.code) {
    case 'platform.token_not_valid':
      return { 'www-authenticate': 'Bearer error="invalid_token"' };
    case 'platform.scope_missing':
      return { 'www-authenticate': `Bearer error="insufficient_scope"${scope === undefined ? '' : `, scope="${scope}"`}` };
    default:
      return error.kind === 'busy' ? { 'retry-after': String(RETRY_AFTER_SECONDS) } : {};
  }
}
