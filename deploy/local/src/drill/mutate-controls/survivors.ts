/**
 * Mutants that no test can kill, because the program does the same with them. Each covers one survivor; one that
 * covers none any more fails the drill too.
 */

export interface Survivor {
  /** From the root of the repository. */
  readonly file: string;
  /** What stood there, white space squeezed. */
  readonly code: string;
  readonly becomes: string;
  readonly why: string;
}

export const SURVIVORS: readonly Survivor[] = [
  {
    file: 'clients/terminal-agent/src/bank/addresses.ts',
    code: '[]',
    becomes: '["Stryker was here"]',
    why: 'split gives at least one part: the types alone ask for this.',
  },
  {
    file: 'clients/terminal-agent/src/bank/addresses.ts',
    code: "'0.0.0.0'",
    becomes: '""',
    why: 'A byte that is missing counts as 0.',
  },
  {
    file: 'clients/terminal-agent/src/bank/cookie-jars.ts',
    code: "{ rejectPublicSuffixes: true, allowSpecialUseDomain: true, looseMode: false, prefixSecurity: 'strict', }",
    becomes: '{}',
    why: "These are what tough-cookie does by itself, but for `prefixSecurity`: 'strict' throws where 'silent' leaves out, and takeCookies ignores the error.",
  },
  {
    file: 'clients/terminal-agent/src/bank/cookie-jars.ts',
    code: "'strict'",
    becomes: '""',
    why: "tough-cookie takes what it does not know for 'silent', which leaves the same cookies out without an error.",
  },
  {
    file: 'libs/messaging/src/permissions.ts',
    code: 'emits.length > 0',
    becomes: 'true',
    why: 'Every service emits an event, and the drill bends no contract.',
  },
  {
    file: 'libs/messaging/src/permissions.ts',
    code: 'emits.length > 0',
    becomes: 'emits.length >= 0',
    why: 'Every service emits an event, and the drill bends no contract.',
  },
  {
    file: 'libs/messaging/src/permissions.ts',
    code: '[]',
    becomes: '["Stryker was here"]',
    why: 'For a service that emits nothing, and every service emits an event.',
  },
  {
    file: 'clients/terminal-agent/src/order/check-connector-signature.ts',
    code: "'unreadable'",
    becomes: '""',
    why: 'verifyCertified throws nothing but CryptoError; this is for a fault of ours, which has no text to keep.',
  },
  {
    file: 'clients/terminal-agent/src/order/check-form.ts',
    code: "''",
    becomes: '"Stryker was here!"',
    why: 'Exactly one value is there, checked one line above: the types alone ask for this.',
  },
  {
    file: 'clients/terminal-agent/src/order/check-form.ts',
    code: 'values[0]?.value',
    becomes: 'values[0].value',
    why: 'Exactly one value is there, checked one line above: the types alone ask for this.',
  },
  {
    file: 'clients/terminal-agent/src/order/check-query.ts',
    code: "''",
    becomes: '"Stryker was here!"',
    why: 'Exactly one value is there, checked one line above: the types alone ask for this.',
  },
  {
    file: 'clients/terminal-agent/src/order/check-query.ts',
    code: "/^(?:[A-Za-z0-9\\-._~!*'()+/:,]|%[0-9A-Fa-f]{2})+=(?:[A-Za-z0-9\\-._~!*'()+/:,]|%[0-9A-Fa-f]{2})*$/",
    becomes: "/^(?:[A-Za-z0-9\\-._~!*'()+/:,]|%[0-9A-Fa-f])+=(?:[A-Za-z0-9\\-._~!*'()+/:,]|%[0-9A-Fa-f]{2})*$/",
    why: 'An escape of one digit then passes here, and decodeURIComponent refuses it two lines below.',
  },
  {
    file: 'clients/terminal-agent/src/order/check-query.ts',
    code: "/^(?:[A-Za-z0-9\\-._~!*'()+/:,]|%[0-9A-Fa-f]{2})+=(?:[A-Za-z0-9\\-._~!*'()+/:,]|%[0-9A-Fa-f]{2})*$/",
    becomes: "/^(?:[A-Za-z0-9\\-._~!*'()+/:,]|%[0-9A-Fa-f]{2})+=(?:[A-Za-z0-9\\-._~!*'()+/:,]|%[0-9A-Fa-f])*$/",
    why: 'An escape of one digit then passes here, and decodeURIComponent refuses it two lines below.',
  },
  {
    file: 'clients/terminal-agent/src/order/check-query.ts',
    code: '{ return false; }',
    becomes: '{}',
    why: 'Nothing returned counts as false for `every`.',
  },
  {
    file: 'clients/terminal-agent/src/order/check-order.ts',
    code: 'error instanceof CryptoError',
    becomes: 'true',
    why: 'Opening and verifying throw nothing but CryptoError; the other branch lets a fault of ours be seen as one.',
  },
  {
    file: 'clients/terminal-agent/src/order/check-value.ts',
    code: 'date.getUTCDate() === day',
    becomes: 'true',
    why: 'A day that the calendar does not have (00, 32 to 99) always ends in another month, and the month is compared.',
  },
  {
    file: 'clients/terminal-agent/src/journal/order-book.ts',
    code: "line.outcome.kind === 'failed'",
    becomes: 'true',
    why: 'An answer has no cause, and no cause is not one of those that were never sent: the types alone ask for this.',
  },
  {
    file: 'clients/terminal-agent/src/journal/order-book.ts',
    code: "'ignored'",
    becomes: '""',
    why: 'Nothing is done with such a line either way; it stands there so that a new kind of line cannot be forgotten.',
  },
  {
    file: 'clients/terminal-agent/src/journal/order-book.ts',
    code: "'recovered'",
    becomes: '""',
    why: 'Nothing is done with such a line either way; it stands there so that a new kind of line cannot be forgotten.',
  },
  {
    file: 'clients/terminal-agent/src/journal/order-book.ts',
    code: "case 'recovered': break;",
    becomes: "case 'recovered':",
    why: 'It is the last case.',
  },
  {
    file: 'libs/crypto/src/weak-key.ts',
    code: '(byte) => byte === 0',
    becomes: '() => undefined',
    why: "Node's OpenSSL refuses such an agreement by itself, and this is for one that does not.",
  },
  {
    file: 'libs/crypto/src/weak-key.ts',
    code: 'byte === 0',
    becomes: 'false',
    why: "Node's OpenSSL refuses such an agreement by itself, and this is for one that does not.",
  },
  {
    file: 'libs/http/src/guard.ts',
    code: 'header === undefined',
    becomes: 'false',
    why: 'The pattern is then asked of the text "undefined", which has no scheme: no token either way.',
  },
  {
    file: 'libs/http/src/plain-request.ts',
    code: "''",
    becomes: '"Stryker was here!"',
    why: 'A request of a server has a URL: the types alone ask for this.',
  },
  {
    file: 'libs/http/src/plain-request.ts',
    code: "''",
    becomes: '"Stryker was here!"',
    why: 'split gives at least one part: the types alone ask for this.',
  },
  {
    file: 'libs/http/src/internal-token.ts',
    code: "['exp', 'iat']",
    becomes: '[]',
    why: 'InternalTokenClaims asks for both a few lines below, and says the same.',
  },
  {
    file: 'libs/http/src/internal-token.ts',
    code: "'utf8'",
    becomes: '""',
    why: 'JSON.parse reads the bytes as UTF-8 by itself.',
  },
  {
    file: 'services/parser/src/access.store.ts',
    code: 'accountIds.length === 0',
    becomes: 'false',
    why: 'The statement then takes no account out of the lists: it costs a round trip and changes nothing.',
  },
  {
    file: 'services/parser/src/accept-result/check-result.ts',
    code: "'result'",
    becomes: '""',
    why: 'It stands in the sentence of the error only, and of that error only the reason goes on.',
  },
  {
    file: 'services/parser/src/accept-result/check-result.ts',
    code: "error.reason !== 'cannot_open'",
    becomes: 'false',
    why: 'The other keys are then tried in vain: what is malformed for one key is so for each, and the last one says it.',
  },
  {
    file: 'services/parser/src/manage-access/check-access.ts',
    code: 'since === null',
    becomes: 'false',
    why: 'Nothing is later than null, so the other day is given either way.',
  },
  {
    file: 'services/parser/src/manage-access/check-access.ts',
    code: 'since > from',
    becomes: 'since >= from',
    why: 'Of two equal days either is the later one.',
  },
];
