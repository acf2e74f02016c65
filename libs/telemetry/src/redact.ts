/** The last net under every log line: what must not be written is taken out by the name of its field and by its look. */

import { types } from 'node:util';

const REDACTED = '[redacted]';
/** Fields that are never written, whatever they hold. */
const SENSITIVE_NAME =
  /pass(?:word|code|phrase)|secret(?!s?Version)|token(?!_?(?:id|type|use|count|seconds)$)|authorization|cookie|credential(?!s?_?version)|private_?(?:jwk|key)|^(?:jwe|jws|jwt|d|body|html|payload|form|headers|csv|amount|balance|attributes?|sql_?params|database_?url)$/i;
/** Text that looks like one of ours, wherever it stands. */
const SENSITIVE_TEXT: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, REDACTED],
  [/\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,4}/g, REDACTED],
  [/\benishi_[a-z]{2}_[A-Za-z0-9_-]{8,}/g, REDACTED],
  [/\b(bearer|basic|dpop)\s+[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${REDACTED}`],
  [/:\/\/[^\s/@:]*:[^\s/@]*@/g, `://${REDACTED}@`],
  [/\b([\w-]*(?:secret|token|password|passcode)["']?\s*[=:]\s*["']?)[^\s"'&,;}]{3,}/gi, `$1${REDACTED}`],
  [/("d"\s*:\s*")[A-Za-z0-9_-]{20,}/g, `$1${REDACTED}`],
];
const MAX_DEPTH = 6;
const MAX_ITEMS = 50;
const MAX_CHARS = 4_000;

/** A string without what looks like a token, a private key or a password; 4,000 characters at most. */
export function redactText(text: string): string {
  let clean = text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}…` : text;
  for (const [pattern, replacement] of SENSITIVE_TEXT) clean = clean.replace(pattern, replacement);
  return clean;
}

/** A copy that is safe to write: sensitive fields and texts out, errors as fields, bytes as their length. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return typeof value === 'function' || typeof value === 'symbol' ? undefined : value;
  if (depth >= MAX_DEPTH) return '[deep]';
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (types.isNativeError(value) || value instanceof Error) return describeError(value, depth);
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ITEMS).map((item) => redact(item, depth + 1));
    return value.length > MAX_ITEMS ? [...items, `… ${value.length - MAX_ITEMS} more`] : items;
  }
  if (value instanceof Map || value instanceof Set) return `[${value.size} entries]`;
  const clean: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value).slice(0, MAX_ITEMS))
    clean[redactText(name)] = SENSITIVE_NAME.test(name) ? REDACTED : redact(member, depth + 1);
  return clean;
}

function describeError(error: Error, depth: number): Record<string, unknown> {
  const { code, kind, place } = error as { code?: unknown; kind?: unknown; place?: unknown };
  const word = (value: unknown) => (typeof value === 'string' ? redactText(value) : undefined);
  return {
    type: error.name,
    message: redactText(error.message),
    code: word(code),
    kind: word(kind),
    place: word(place),
    stack: error.stack === undefined ? undefined : redactText(error.stack),
    cause: error.cause === undefined ? undefined : redact(error.cause, depth + 1),
    errors: error instanceof AggregateError ? redact(error.errors, depth + 1) : undefined,
  };
}
