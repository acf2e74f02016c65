/** The user's client certificates: which one a bank is shown, and when they end. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AppError } from '@enishi/errors';
import { z } from 'zod';

/** Imported bytes, or the place of files that the user keeps: then a certificate renewed in place is used without another word. */
export const StoredCertificate = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('imported'), certPem: z.string().max(50_000), keyPem: z.string().max(50_000) }),
  z.strictObject({ kind: z.literal('files'), certFile: z.string(), keyFile: z.string() }),
]);
export type StoredCertificate = z.infer<typeof StoredCertificate>;

export interface ClientCertificate {
  readonly certPem: string;
  readonly keyPem: string;
  readonly subject: string;
  readonly issuerCommonName: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** CN of an X.509 name as Node prints it (one attribute a line). */
function commonName(name: string): string {
  return /^CN=(.*)$/m.exec(name)?.[1] ?? '';
}

/**
 * Reads a certificate and its key, and sees that they belong together.
 * @throws AppError terminal-agent.certificate_not_valid
 */
export function loadCertificate(stored: StoredCertificate): ClientCertificate {
  const refuse = (what: string, cause?: unknown) =>
    new AppError('terminal-agent.certificate_not_valid', 'invalid', what, {
      place: stored.kind === 'files' ? stored.certFile : 'vault',
      cause,
    });
  let certPem: string;
  let keyPem: string;
  try {
    certPem = stored.kind === 'files' ? readFileSync(stored.certFile, 'utf8') : stored.certPem;
    keyPem = stored.kind === 'files' ? readFileSync(stored.keyFile, 'utf8') : stored.keyPem;
  } catch (cause) {
    throw refuse('the certificate or its key cannot be read', cause);
  }
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(certPem);
  } catch (cause) {
    throw refuse('this is not a certificate in PEM', cause);
  }
  let belongs: boolean;
  try {
    belongs = certificate.checkPrivateKey(createPrivateKey(keyPem));
  } catch (cause) {
    throw refuse('this is not a private key in PEM without a passphrase', cause);
  }
  if (!belongs) throw refuse('the key is not the one of the certificate');
  return {
    certPem,
    keyPem,
    subject: commonName(certificate.subject),
    issuerCommonName: commonName(certificate.issuer),
    notBefore: certificate.validFromDate,
    notAfter: certificate.validToDate,
  };
}

/** The newest that is valid now, of this issuer: an expired one left behind, or one of another bank, is never shown. (A2) */
export function pickCertificate(
  certificates: readonly ClientCertificate[],
  issuer: string,
  now: Date,
): { found: ClientCertificate } | { missing: 'CERT_MISSING' | 'CERT_EXPIRED' } {
  const ofIssuer = certificates.filter((certificate) => certificate.issuerCommonName === issuer);
  const valid = ofIssuer.filter(({ notBefore, notAfter }) => notBefore <= now && now < notAfter);
  const newest = valid.toSorted((a, b) => b.notBefore.getTime() - a.notBefore.getTime() || b.notAfter.getTime() - a.notAfter.getTime())[0];
  if (newest) return { found: newest };
  return { missing: ofIssuer.some(({ notAfter }) => notAfter <= now) ? 'CERT_EXPIRED' : 'CERT_MISSING' };
}

export const EXPIRY_WARNING_DAYS = [30, 14, 7, 1] as const;
const DAY_MS = 86_400_000;

/** The nearest of 30, 14, 7 and 1 days that has been reached; 0 when it is over; null when there is time. */
export function expiryWarning(notAfter: Date, now: Date): 30 | 14 | 7 | 1 | 0 | null {
  const left = notAfter.getTime() - now.getTime();
  if (left <= 0) return 0;
  return EXPIRY_WARNING_DAYS.findLast((days) => left <= days * DAY_MS) ?? null;
}
