/** Does what a permitted order says: one request, and whatever comes of it is the outcome. Never throws: a fault of this program is an outcome too. */
import type { Cause, Order, Result, RootStatement } from '@enishi/contracts';
import { currentTraceparent, withSpan } from '@enishi/telemetry';
import { checkConnection } from '../order/check-connection.js';
import type { PermittedOrder } from '../order/check-order.js';
import { OrderRefused } from '../order/refusal.js';
import { pickCertificate } from '../vault/certificates.js';
import type { Vault } from '../vault/vault.js';
import { askBank, type BankAnswer } from './ask-bank.js';
import { nameFault, type Phase } from './bank-failure.js';
import { connectBank, type Resolve, systemResolve } from './connect-bank.js';
import { type CookieJars, takeCookies } from './cookie-jars.js';
import { fillForm } from './fill-form.js';

export interface Performed {
  readonly outcome: Result['outcome'];
  readonly body: Buffer;
  readonly credentialVersion: string | null;
  readonly traceparent: string | undefined;
}

export interface PerformingParts {
  readonly root: RootStatement;
  readonly vault: Vault;
  readonly jars: CookieJars;
  readonly warn: (what: string) => void;
  readonly resolve?: Resolve;
}

const NO_BODY = Buffer.alloc(0);

/**
 * @param signal aborts at the order's deadline
 * @param traceparent of the frame that brought the order
 */
export async function performOrder(
  order: Order,
  permitted: PermittedOrder,
  parts: PerformingParts,
  signal: AbortSignal,
  traceparent?: string,
): Promise<Performed> {
  const startedAt = performance.now();
  let credentialVersion: string | null = null;
  let spanTraceparent = traceparent;
  let phase: Phase = 'connecting';
  try {
    const kept = parts.vault.connection(order.connectionId);
    credentialVersion = kept?.credentialVersion ?? null;
    // Again, on the very entry that is used: `connect` may have run since the order was taken.
    checkConnection(permitted.connector, kept?.origin);
    const { issuer } = permitted.connector.certificate;
    const usable = kept ? parts.vault.certificatesOf(kept, parts.warn) : [];
    const picked = pickCertificate(usable, issuer, new Date(), (kept?.certificates.length ?? 0) - usable.length);
    if ('missing' in picked) throw new OrderRefused('pick-certificate', `issuer ${issuer}`, picked.missing);
    const body = fillForm(order, permitted.connector, kept?.secrets);
    const answer = await withSpan(
      order.method,
      { kind: 'client', attributes: spanAttributes(permitted.url, order), parent: traceparent },
      async (span) => {
        spanTraceparent = currentTraceparent() ?? traceparent;
        const got = await ask(order, permitted, picked.found, body, parts, signal, () => {
          phase = 'sent';
        });
        span.setAttribute('http.response.status_code', got.status);
        return got;
      },
    );
    return {
      outcome: {
        kind: 'response',
        status: answer.status,
        headers: answer.headers,
        peerCertificateHash: answer.peerCertificateHash,
        durationMs: Math.round(performance.now() - startedAt),
      },
      body: answer.body,
      credentialVersion,
      traceparent: spanTraceparent,
    };
  } catch (error) {
    return { outcome: failed(error, order.effect, phase), body: NO_BODY, credentialVersion, traceparent: spanTraceparent };
  }
}

/** Names of things only: neither path nor query is told. */
function spanAttributes(url: URL, order: Order): Record<string, string | number> {
  return {
    'http.request.method': order.method,
    'server.address': url.hostname,
    'server.port': Number(url.port || 443),
    'enishi.step': order.step,
  };
}

async function ask(
  order: Order,
  { connector, url }: PermittedOrder,
  certificate: { certPem: string; keyPem: string },
  body: string | undefined,
  parts: PerformingParts,
  signal: AbortSignal,
  onSend: () => void,
): Promise<BankAnswer> {
  const development = connector.development && parts.root.development;
  const jar = parts.jars.open(order.runId);
  const cookie = jar.getCookieStringSync(url.href);
  const socket = await connectBank({ url, development, serverCa: connector.serverCa, certificate }, signal, parts.resolve ?? systemResolve);
  const { method, headers, maxBytes } = order;
  onSend();
  const answer = await askBank(socket, { url, method, headers, cookie, body, maxBytes }, signal);
  takeCookies(jar, answer.setCookie, url);
  // Before the result is on the disk: a crash in between asks the bank again with newer cookies, never with older ones.
  parts.jars.save(order.runId, jar);
  return answer;
}

/** After the request was sent, these alone show that the bank has judged it. Whatever else is thrown then leaves a login in doubt. */
const ANSWERED: ReadonlySet<Cause> = new Set(['CERT_REJECTED_BY_BANK', 'RESPONSE_TOO_LARGE', 'SITE_CHANGED']);

/**
 * What is told of an order that came to nothing.
 * @param error anything that was thrown
 * @param phase how far the order had come when it was thrown; a BankFailure knows better
 */
export function failed(error: unknown, effect: Order['effect'], phase: Phase): Result['outcome'] & { kind: 'failed' } {
  if (error instanceof OrderRefused) return { kind: 'failed', cause: error.outcome, detail: `${error.rule}: ${error.detail}` };
  const failure = nameFault(error, phase);
  // A login whose answer was lost may have counted: saying "timeout" would let it be tried again, and lock the user out.
  const lost = effect === 'once' && failure.phase === 'sent' && !ANSWERED.has(failure.outcome);
  return {
    kind: 'failed',
    cause: lost ? 'OUTCOME_UNKNOWN' : failure.outcome,
    detail: lost ? `sent, then ${failure.outcome}: ${failure.detail}` : failure.detail,
  };
}
