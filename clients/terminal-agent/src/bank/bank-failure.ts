/** Why the bank gave no answer, as far as the wire and the PC show it. What has no name here is told as unknown, never as something harmless. */
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

/** Codes that are not TLS: of the system (libuv), of name resolution (getaddrinfo), of the HTTP parser. */
const CODES: readonly (readonly [RegExp, Cause])[] = [
  [/^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|EHOSTUNREACH|EHOSTDOWN|ENOTCONN)$/, 'BANK_DOWN'],
  [/^ETIMEDOUT$/, 'BANK_TIMEOUT'],
  [/^HPE_HEADER_OVERFLOW$/, 'RESPONSE_TOO_LARGE'],
  [/^HPE_/, 'BANK_DOWN'],
  // These come about before anything has left the PC's own network: no route, no address, no name.
  [/^(ENETUNREACH|ENETDOWN|ENONET|EADDRNOTAVAIL|ENOTFOUND|EAI_(AGAIN|FAIL|NODATA|NONAME|ADDRFAMILY))$/, 'PC_NETWORK_DOWN'],
  // By connect(2) the PC's own firewall says so; on Windows its security software too.
  [/^(EPERM|EACCES)$/, 'PC_NETWORK_BLOCKED'],
];

/** Verdicts on the server's certificate: of OpenSSL (x509_vfy.h, without X509_V_ERR_) and of Node (names in the certificate). */
const CERTIFICATE_VERDICTS: readonly (readonly [RegExp, string])[] = [
  [
    /^(UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|UNABLE_TO_VERIFY_LEAF_SIGNATURE|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|CERT_UNTRUSTED)$/,
    'unknown CA',
  ],
  [/^(CERT_HAS_EXPIRED|ERROR_IN_CERT_NOT_AFTER_FIELD)$/, 'expired'],
  [/^(CERT_NOT_YET_VALID|ERROR_IN_CERT_NOT_BEFORE_FIELD)$/, 'not valid yet'],
  [/^(ERR_TLS_CERT_ALTNAME_\w+|HOSTNAME_MISMATCH)$/, 'wrong host'],
  [/^CERT_REVOKED$/, 'revoked'],
  [/^(CERT_SIGNATURE_FAILURE|UNABLE_TO_DECRYPT_CERT_SIGNATURE|UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY)$/, 'false signature'],
  [/^(INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|CERT_CHAIN_TOO_LONG|CERT_REJECTED)$/, 'not for this use'],
  [/^ERR_SSL_((DH|EE|CA)_KEY_TOO_SMALL|CA_MD_TOO_WEAK|WRONG_SIGNATURE_TYPE|LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED)$/, 'too weak'],
  [/^ERR_SSL_(UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|UNSAFE_LEGACY_RENEGOTIATION_DISABLED)$/, 'old protocol'],
];
/** Node has a code for the older verdicts only, and calls the others so. OpenSSL's sentence, of a fixed list, then tells them apart. */
const UNSPECIFIED_VERDICT = 'UNSPECIFIED';

/** TLS alerts (RFC 8446 §6.2) that tell of a cause. Any other is a verdict that is not known. */
const ALERTS: Readonly<Record<number, readonly [Cause, string]>> = {
  // bad, unsupported, revoked, expired and unknown certificate, unknown CA, access denied, certificate required
  ...Object.fromEntries([42, 43, 44, 45, 46, 48, 49, 116].map((alert) => [alert, ['CERT_REJECTED_BY_BANK', 'certificate'] as const])),
  70: ['BANK_TLS_CHANGED', 'old protocol'],
  71: ['BANK_TLS_CHANGED', 'too weak'],
  112: ['BANK_TLS_CHANGED', 'wrong host'],
  80: ['BANK_DOWN', 'fault of the bank'],
};
/** Of OpenSSL, and yet no verdict: what answers does not speak TLS, or the connection broke in mid-record. */
const NO_TLS = /^ERR_SSL_(WRONG_VERSION_NUMBER|HTTP_REQUEST|PACKET_LENGTH_TOO_LONG|UNEXPECTED_EOF_WHILE_READING)$/;

/** Full, over quota, or beyond what the system lets a process write. */
const DISK_FULL = /^(ENOSPC|EDQUOT|EFBIG)$/;

/** Read as text, whatever the thing is. */
function textOf(error: unknown, key: 'code' | 'message' | 'name'): string {
  const value = typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[key] : undefined;
  return typeof value === 'string' ? value : '';
}

/** A code, or the name of a class; never the text of a fault, which may hold anything. */
function wordOf(error: unknown): string {
  return [textOf(error, 'code'), textOf(error, 'name')].find((word) => /^[\w./-]{1,80}$/.test(word)) ?? 'nameless';
}

function nameTlsFailure(error: unknown, phase: Phase): BankFailure | undefined {
  const code = textOf(error, 'code');
  const message = textOf(error, 'message');
  const alert = /SSL alert number (\d+)/.exec(message)?.[1];
  if (alert !== undefined) {
    const [cause, word] = ALERTS[Number(alert)] ?? ['BANK_TLS_UNKNOWN', 'unknown'];
    return new BankFailure(cause, `${word} (TLS alert ${alert})`, phase);
  }
  const verdict = CERTIFICATE_VERDICTS.find(([codes]) => codes.test(code))?.[1];
  if (verdict !== undefined) return new BankFailure('BANK_TLS_CHANGED', `${verdict} (${code})`, phase);
  if (NO_TLS.test(code)) return new BankFailure('BANK_DOWN', code, phase);
  if (code === UNSPECIFIED_VERDICT) {
    const words = /^[A-Za-z0-9 ,'()-]{1,100}/.exec(message)?.[0] ?? '';
    return words.endsWith(' too weak')
      ? new BankFailure('BANK_TLS_CHANGED', `too weak (${words})`, phase)
      : new BankFailure('BANK_TLS_UNKNOWN', `unknown (${code}: ${words})`, phase);
  }
  // The rest of OpenSSL and of its verdicts, whatever their number grows to.
  if (/^(ERR_SSL_|ERR_OSSL_|ERR_TLS_|CERT_|CRL_|UNABLE_TO_|ERROR_IN_|INVALID_)|^EPROTO$/.test(code))
    return new BankFailure('BANK_TLS_UNKNOWN', `unknown (${wordOf(error)})`, phase);
  return undefined;
}

/** Gives an error of name resolution, the socket or the HTTP parser its name. The error's text is not passed on, only its code. */
export function nameFailure(error: unknown, phase: Phase): BankFailure {
  if (error instanceof BankFailure) return error;
  const tls = nameTlsFailure(error, phase);
  if (tls) return tls;
  const code = textOf(error, 'code');
  const cause = CODES.find(([codes]) => codes.test(code))?.[1];
  return cause === undefined ? nameFault(error, phase) : new BankFailure(cause, code, phase);
}

/** Gives a name to whatever else was thrown while an order was carried out: a full disk, a damaged file, a mistake in this program. */
export function nameFault(error: unknown, phase: Phase): BankFailure {
  if (error instanceof BankFailure) return error;
  return new BankFailure(DISK_FULL.test(textOf(error, 'code')) ? 'PC_DISK_FULL' : 'AGENT_FAILED', wordOf(error), phase);
}

const NO_ENTRY: ReadonlySet<Cause> = new Set(['BANK_DOWN', 'PC_NETWORK_DOWN', 'PC_NETWORK_BLOCKED']);

/** Nothing came in at this address, and another one of the same name may do. */
export function isNoEntry({ outcome, phase }: BankFailure): boolean {
  return phase === 'connecting' && NO_ENTRY.has(outcome);
}

/** Of the failures at all addresses of a name: that the bank's machine refused says more than that the PC has no way to another address (no IPv6). */
export function mostTelling(failures: readonly BankFailure[]): BankFailure | undefined {
  return failures.find(({ outcome }) => outcome === 'BANK_DOWN') ?? failures.at(-1);
}
