/** Does what a permitted order says: one request, and whatever comes of it is the outcome. Never throws for what bank, user or order lack. */
import type { Order, Result, RootStatement } from '@enishi/contracts';
import { currentTraceparent, withSpan } from '@enishi/telemetry';
import { checkConnection } from '../order/check-connection.js';
import type { PermittedOrder } from '../order/check-order.js';
import { OrderRefused } from '../order/refusal.js';
import { pickCertificate } from '../vault/certificates.js';
import type { Vault } from '../vault/vault.js';
import { askBank, type BankAnswer } from './ask-bank.js';
import { BankFailure } from './bank-failure.js';
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
  const kept = parts.vault.connection(order.connectionId);
  const credentialVersion = kept?.credentialVersion ?? null;
  const startedAt = performance.now();
  let spanTraceparent = traceparent;
  try {
    // Again, on the very entry that is used: `connect` may have run since the order was taken.
    checkConnection(permitted.connector, kept?.origin);
    const picked = pickCertificate(
      kept ? parts.vault.certificatesOf(kept, parts.warn) : [],
      permitted.connector.certificate.issuer,
      new Date(),
    );
    if ('missing' in picked) throw new OrderRefused('pick-certificate', `issuer ${permitted.connector.certificate.issuer}`, picked.missing);
    const body = fillForm(order, permitted.connector, kept?.secrets);
    const answer = await withSpan(
      order.method,
      { kind: 'client', attributes: spanAttributes(permitted.url, order), parent: traceparent },
      async (span) => {
        spanTraceparent = currentTraceparent() ?? traceparent;
        const got = await ask(order, permitted, picked.found, body, parts, signal);
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
    return { outcome: failed(error, order), body: NO_BODY, credentialVersion, traceparent: spanTraceparent };
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
): Promise<BankAnswer> {
  const development = connector.development && parts.root.development;
  const socket = await connectBank({ url, development, serverCa: connector.serverCa, certificate }, signal, parts.resolve ?? systemResolve);
  const jar = parts.jars.open(order.runId);
  const { method, headers, maxBytes } = order;
  const answer = await askBank(socket, { url, method, headers, cookie: jar.getCookieStringSync(url.href), body, maxBytes }, signal);
  takeCookies(jar, answer.setCookie, url);
  // Before the result is on the disk: a crash in between asks the bank again with newer cookies, never with older ones.
  parts.jars.save(order.runId, jar);
  return answer;
}

function failed(error: unknown, order: Order): Result['outcome'] {
  if (error instanceof OrderRefused) return { kind: 'failed', cause: error.outcome, detail: `${error.rule}: ${error.detail}` };
  if (!(error instanceof BankFailure)) throw error;
  // A login whose answer was lost may have counted: saying "timeout" would let it be tried again, and lock the user out.
  const lost = order.effect === 'once' && error.phase === 'sent' && (error.outcome === 'BANK_DOWN' || error.outcome === 'BANK_TIMEOUT');
  return {
    kind: 'failed',
    cause: lost ? 'OUTCOME_UNKNOWN' : error.outcome,
    detail: lost ? `sent, then ${error.outcome}: ${error.detail}` : error.detail,
  };
}
