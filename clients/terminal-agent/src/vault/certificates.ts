/** The user's client certificates: which one a bank is shown, and when they end. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { AppError } from '@enishi/errors';
import { z } from 'zod';
import { type DistinguishedName, isIssuer, nameInWords, parsePrintedName } from './distinguished-name.js';

/** Imported bytes, or the place of files that the user keeps: then a certificate renewed in place is used without another word. */
export const StoredCertificate = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('imported'), certPem: z.string().max(50_000), keyPem: z.string().max(50_000) }),
  z.strictObject({ kind: z.literal('files'), certFile: z.string(), keyFile: z.string() }),
]);
export type StoredCertificate = z.infer<typeof StoredCertificate>;

export interface ClientCertificate {
  readonly certPem: string;
  readonly keyPem: string;
  /** For people. */
  readonly subject: string;
  readonly issuer: DistinguishedName;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** What stands at the door of a PEM block with a passphrase (RFC 5958, and OpenSSL's own older form). */
const LOCKED_KEY = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;
/** A key that needs a passphrase before it is of use. */
export function isLocked(keyPem: string): boolean {
  return LOCKED_KEY.test(keyPem);
}

/**
 * The same key without its passphrase: the vault seals it by its own key.
 * @throws AppError terminal-agent.certificate_not_valid, told apart: another passphrase, or an encryption that OpenSSL no longer has
 */
export function unlockKey(keyPem: string, passphrase: string): string {
  try {
    return String(createPrivateKey({ key: keyPem, passphrase }).export({ type: 'pkcs8', format: 'pem' }));
  } catch (cause) {
    const isOld = /unsupported/i.test(reasonOf(cause));
    const what = isOld
      ? 'the key is encrypted in an old way that OpenSSL does not open: enishi-agent help says how to make a new file of it'
      : `the passphrase does not open the key (${reasonOf(cause)})`;
    throw new AppError('terminal-agent.certificate_not_valid', 'invalid', what, { place: '--key', cause });
  }
}

/** DER begins with a SEQUENCE: a `.p12`, a `.cer`. PEM never does. */
const DER_START = '0\ufffd';

/**
 * Reads a certificate and its key and puts them into a TLS context, as they are for the bank: what OpenSSL does not take
 * there (the key of another certificate, a broken block, a key that is too weak) is known now and not at the bank's door.
 * Whether it is valid today is another question.
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
  if (certPem.startsWith(DER_START) || keyPem.startsWith(DER_START))
    throw refuse('this is not PEM but a .p12 or another file in DER: enishi-agent help says how to make PEM of it');
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(certPem);
  } catch (cause) {
    throw refuse('this is not a certificate in PEM', cause);
  }
  if (isLocked(keyPem)) throw refuse('the key is locked by a passphrase, which a file that is kept in place cannot have');
  let belongs: boolean;
  try {
    belongs = certificate.checkPrivateKey(createPrivateKey(keyPem));
  } catch (cause) {
    throw refuse('this is not a private key in PEM', cause);
  }
  if (!belongs) throw refuse('the key is not the one of the certificate');
  try {
    createSecureContext({ cert: certPem, key: keyPem, ca: [] });
  } catch (cause) {
    throw refuse(`TLS does not take this certificate and key: ${reasonOf(cause)}`, cause);
  }
  return {
    certPem,
    keyPem,
    subject: nameInWords(parsePrintedName(certificate.subject)),
    issuer: parsePrintedName(certificate.issuer),
    notBefore: certificate.validFromDate,
    notAfter: certificate.validToDate,
  };
}

/** OpenSSL's own words for a code of its own; they are of a fixed list, with nothing of the file in them. */
function reasonOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'reason' in error && typeof error.reason === 'string'
    ? error.reason
    : 'no reason given';
}

export type CertificateLack = 'CERT_MISSING' | 'CERT_EXPIRED' | 'CERT_UNUSABLE';

/**
 * The newest that is valid now, of this issuer: an expired one left behind, or one of another bank, is never shown. (A2)
 * @param issuer as a connector names it
 * @param unusable how many more the user gave that could not be loaded: one of them may be the one that was meant
 */
export function pickCertificate(
  certificates: readonly ClientCertificate[],
  issuer: string,
  now: Date,
  unusable = 0,
): { found: ClientCertificate } | { missing: CertificateLack } {
  const ofIssuer = certificates.filter((certificate) => isIssuer(issuer, certificate.issuer));
  const valid = ofIssuer.filter(({ notBefore, notAfter }) => notBefore <= now && now < notAfter);
  const newest = valid.toSorted((a, b) => b.notBefore.getTime() - a.notBefore.getTime() || b.notAfter.getTime() - a.notAfter.getTime())[0];
  if (newest) return { found: newest };
  if (unusable > 0) return { missing: 'CERT_UNUSABLE' };
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
