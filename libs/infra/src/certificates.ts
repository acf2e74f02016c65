/** Certificates for machines where nobody else issues them: the development CA of the launcher and the tests, and the example parties' own CAs. */

import { X509Certificate as NodeCertificate, randomBytes, webcrypto } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** Below the security level of OpenSSL that Node sets (2: 112 bits). */
const WEAK_KEY = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' } as const;
const WEAK_DIGEST = { name: 'ECDSA', hash: 'SHA-1' } as const;
const DAY_SECONDS = 86_400;
/** A certificate is valid from a little before its making, for the clocks of two machines are never the same. */
const BACKDATE_SECONDS = 300;

/** A certificate with its private key; both PEM, the key PKCS #8. */
export interface KeyAndCert {
  certPem: string;
  keyPem: string;
}
export interface Ca extends KeyAndCert {
  commonName: string;
}
export interface DevCa extends Ca {
  /** What clients are given to trust (`NODE_EXTRA_CA_CERTS`, `--ca`). */
  certFile: string;
  keyFile: string;
}

export interface CertRequest {
  /** `server`: serverAuth, names in the SANs. `client`: clientAuth, the common name says who. */
  kind: 'server' | 'client';
  commonName: string;
  /** DNS names or IP addresses; for `server` default localhost, 127.0.0.1, ::1. */
  names?: string[];
  /** Default 825 days for a server (what browsers accept), 365 for a client. */
  validForSeconds?: number;
  /** For tests of who must refuse it: RSA of 1024 bits, or a signature over SHA-1. */
  weak?: 'key' | 'digest';
}

/** A new root: ECDSA P-256, may sign leaves only (path length 0). Nothing is written to disk. */
export async function createCa(options: { commonName: string; validForSeconds?: number }): Promise<Ca> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [options.commonName] }],
    ...validity(options.validForSeconds ?? 3650 * DAY_SECONDS),
    keys,
    signingAlgorithm: ECDSA,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false),
    ],
  });
  return { commonName: options.commonName, certPem: certificate.toString('pem'), keyPem: await privatePem(keys.privateKey) };
}

/** The CA of this state directory: `dev-ca.pem` and `dev-ca.key` (0600). One that has 30 days left is used again, so that what trusts it goes on trusting. */
export async function createDevCa(dir: string): Promise<DevCa> {
  const certFile = join(dir, 'dev-ca.pem');
  const keyFile = join(dir, 'dev-ca.key');
  if (existsSync(certFile) && existsSync(keyFile)) {
    const certPem = readFileSync(certFile, 'utf8');
    const known = new NodeCertificate(certPem);
    if (known.validToDate.getTime() - Date.now() > 30 * DAY_SECONDS * 1000) {
      return { commonName: commonNameOf(known), certPem, keyPem: readFileSync(keyFile, 'utf8'), certFile, keyFile };
    }
  }
  // The name differs from one directory to the next: two CAs of one name in a trust store are tried for each other's leaves.
  const ca = await createCa({ commonName: `Enishi development CA ${randomBytes(4).toString('hex')}` });
  writeKeyAndCert(dir, 'dev-ca', ca);
  return { ...ca, certFile, keyFile };
}

/** A leaf signed by `ca`, with a key of its own. */
export async function issueCert(ca: KeyAndCert, request: CertRequest): Promise<KeyAndCert> {
  const issuer = new x509.X509Certificate(ca.certPem);
  const signingKey = await webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(ca.keyPem), ECDSA, false, ['sign']);
  const keys = request.weak === 'key' ? await webcrypto.subtle.generateKey(WEAK_KEY, true, ['sign', 'verify']) : await newKeys();
  const names = request.names ?? (request.kind === 'server' ? ['localhost', '127.0.0.1', '::1'] : []);
  const usage = request.kind === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([usage]),
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false),
    await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey, false),
  ];
  if (names.length > 0) {
    extensions.push(
      new x509.SubjectAlternativeNameExtension(names.map((name) => ({ type: isIP(name) === 0 ? 'dns' : 'ip', value: name }))),
    );
  }
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [request.commonName] }],
    issuer: issuer.subjectName,
    ...validity(request.validForSeconds ?? (request.kind === 'server' ? 825 : 365) * DAY_SECONDS),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: request.weak === 'digest' ? WEAK_DIGEST : ECDSA,
    extensions,
  });
  return { certPem: certificate.toString('pem'), keyPem: await privatePem(keys.privateKey) };
}

/** Writes `<name>.pem` and `<name>.key` (0600); each appears whole or not at all. */
export function writeKeyAndCert(dir: string, name: string, pair: KeyAndCert): { certFile: string; keyFile: string } {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const certFile = join(dir, `${name}.pem`);
  const keyFile = join(dir, `${name}.key`);
  // The key first: a certificate without its key would be taken for a finished pair by whoever looks at the certificate only.
  writeWhole(keyFile, pair.keyPem, 0o600);
  writeWhole(certFile, pair.certPem, 0o644);
  return { certFile, keyFile };
}

function writeWhole(file: string, text: string, mode: number): void {
  const partial = `${file}.${process.pid}.partial`;
  writeFileSync(partial, text, { mode });
  chmodSync(partial, mode);
  renameSync(partial, file);
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

/** 127 random bits with a leading 0x01..0x7f byte: positive, never shortened (RFC 5280 §4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return bytes.toString('hex');
}

function validity(validForSeconds: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - BACKDATE_SECONDS * 1000), notAfter: new Date(now + validForSeconds * 1000) };
}

function commonNameOf(certificate: NodeCertificate): string {
  return /CN=(.*)/.exec(certificate.subject)?.[1] ?? certificate.subject;
}
