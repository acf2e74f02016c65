/** Why the bank gave no answer, as far as the wire shows it. */
import type { Cause } from '@enishi/contracts';

/** How far the request had come. */
export type Phase =
  /** Name resolution and TCP. */
  | 'connecting'
  /** TLS, until the bank has had the chance to look at the user's certificate. */
  | 'handshake'
  /** Bytes of the request may be at the bank. */
  | 'sent';

export class BankFailure extends Error {
  /** What a span calls it. */
  get code(): Cause {
    return this.outcome;
  }

  constructor(
    readonly outcome: Cause,
    readonly detail: string,
    readonly phase: Phase,
  ) {
    super(`${outcome}: ${detail}`);
  }
}

/** OpenSSL and Node verdicts about the server's certificate. */
const SERVER_CERTIFICATE_CODES =
  /^(CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH|ERR_TLS_CERT_ALTNAME|ERROR_IN_CERT)/;
/** TLS alerts by which a server refuses the client's certificate (RFC 8446 §6.2): 42–46, 48, 49 and 116. */
const CERTIFICATE_ALERTS: ReadonlySet<number> = new Set([42, 43, 44, 45, 46, 48, 49, 116]);
/** Read as text, whatever the thing is. */
function textOf(error: unknown, key: 'code' | 'message'): string {
  const value = typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[key] : undefined;
  return typeof value === 'string' ? value : '';
}

/** Gives an error of the socket or the HTTP parser its name. The error's text is not passed on, only its code. */
export function nameFailure(error: unknown, phase: Phase): BankFailure {
  if (error instanceof BankFailure) return error;
  const code = textOf(error, 'code');
  const alert = /SSL alert number (\d+)/.exec(textOf(error, 'message'))?.[1];
  if (alert !== undefined && CERTIFICATE_ALERTS.has(Number(alert)))
    return new BankFailure('CERT_REJECTED_BY_BANK', `TLS alert ${alert}`, phase);
  if (phase !== 'sent' && SERVER_CERTIFICATE_CODES.test(code)) return new BankFailure('BANK_TLS_CHANGED', code, phase);
  if (code === 'HPE_HEADER_OVERFLOW') return new BankFailure('RESPONSE_TOO_LARGE', 'headers', phase);
  if (code === 'ETIMEDOUT') return new BankFailure('BANK_TIMEOUT', code, phase);
  return new BankFailure('BANK_DOWN', alert === undefined ? code || 'the connection broke' : `TLS alert ${alert}`, phase);
}
