/** The bank's certificate authorities: one for its server, one for its customers. Made at the first use of a directory. */
import 'reflect-metadata'; // before @peculiar/x509, whose container wants it
import { randomBytes, webcrypto } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import * as x509 from '@peculiar/x509';
import { z } from 'zod';

/** Common name of the issuer of every customer's certificate. */
export const CLIENT_ISSUER = 'Tsubame Bank Client CA G1';
const SERVER_ISSUER = 'Tsubame Bank Server CA G1';
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

x509.cryptoProvider.set(webcrypto);

export interface PemPair {
  readonly certificate: string;
  readonly key: string;
}

export interface IssuedCertificate extends PemPair {
  /** Hexadecimal in capitals, as TLS tells it. */
  readonly serial: string;
  readonly notAfter: string;
}

/** What the bank remembers of a certificate: whose it is. */
const Registered = z.strictObject({ user: z.string(), notAfter: z.string() });

/** Positive, and never with a leading zero digit, so that every library writes it alike. */
function newSerial(): string {
  const bytes = randomBytes(12);
  bytes[0] = 0x10 | ((bytes[0] ?? 0) & 0x6f);
  return bytes.toString('hex').toUpperCase();
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64').replace(/(.{64})(?=.)/g, '$1\n')}\n-----END PRIVATE KEY-----\n`;
}

async function newAuthority(commonName: string): Promise<PemPair> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: `C=JP, O=Tsubame Bank, CN=${commonName}`,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 3_650 * DAY_MS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString('pem')}\n`, key: await keyPem(keys.privateKey) };
}

async function certify(issuer: PemPair, subject: string, validDays: number, extensions: x509.Extension[]): Promise<IssuedCertificate> {
  const authority = new x509.X509Certificate(issuer.certificate);
  const der = Buffer.from(issuer.key.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const signingKey = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
  const keys = await newKeys();
  const serial = newSerial();
  const notAfter = new Date(Date.now() + validDays * DAY_MS);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    issuer: authority.subject,
    subject,
    notBefore: new Date(Math.min(Date.now(), notAfter.getTime()) - DAY_MS),
    notAfter,
    publicKey: keys.publicKey,
    signingKey: signingKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      await x509.AuthorityKeyIdentifierExtension.create(authority),
      ...extensions,
    ],
  });
  return { certificate: `${certificate.toString('pem')}\n`, key: await keyPem(keys.privateKey), serial, notAfter: notAfter.toISOString() };
}

/** The authorities of one directory. */
export class Authority {
  private constructor(
    private readonly dir: string,
    private readonly serverCa: PemPair,
    private readonly clientCa: PemPair,
  ) {}

  /** PEM of the CA that the bank's server certificate chains to; also in the file `ca.pem` of the directory. */
  get serverCaPem(): string {
    return this.serverCa.certificate;
  }
  get clientCaPem(): string {
    return this.clientCa.certificate;
  }
  get serverCaFile(): string {
    return resolve(this.dir, 'ca.pem');
  }

  /** Opens the authorities of a directory, made there when it has none. Two processes that do so at once agree on one. */
  static async open(dir: string): Promise<Authority> {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const home = join(dir, 'pki');
    if (!existsSync(home)) {
      // All files, then one rename: a process that dies here leaves a stray directory, never half an authority.
      const staged = mkdtempSync(join(dir, 'pki-new-'));
      const made = { server: await newAuthority(SERVER_ISSUER), client: await newAuthority(CLIENT_ISSUER) };
      for (const [name, pair] of Object.entries(made)) {
        writeFileSync(join(staged, `${name}-ca.pem`), pair.certificate);
        writeFileSync(join(staged, `${name}-ca.key`), pair.key, { mode: 0o600 });
      }
      mkdirSync(join(staged, 'issued'));
      try {
        renameSync(staged, home);
      } catch (error) {
        // Another process was first; its authority counts.
        if (!existsSync(home)) throw error;
        rmSync(staged, { recursive: true });
      }
    }
    const read = (name: string): PemPair => ({
      certificate: readFileSync(join(home, `${name}-ca.pem`), 'utf8'),
      key: readFileSync(join(home, `${name}-ca.key`), 'utf8'),
    });
    const authority = new Authority(dir, read('server'), read('client'));
    writeFileSync(authority.serverCaFile, authority.serverCaPem);
    return authority;
  }

  /** A certificate for this machine's loopback names, made new at every start: its key is never on disk. */
  issueForServer(): Promise<IssuedCertificate> {
    return certify(this.serverCa, 'C=JP, O=Tsubame Bank, CN=localhost', 365, [
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
      ]),
    ]);
  }

  /** A customer's certificate; its serial is bound to the customer. Negative days make one that has expired. */
  async issueForCustomer(user: string, userId: string, validDays: number): Promise<IssuedCertificate> {
    const issued = await certify(this.clientCa, `C=JP, O=Tsubame Bank, OU=Tsubame Direct, CN=${userId}`, validDays, [
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
    ]);
    // Registered before it is handed out: one that is lost here is of no use to anybody.
    writeFileSync(this.registration(issued.serial), JSON.stringify({ user, notAfter: issued.notAfter }), { flag: 'wx' });
    return issued;
  }

  /** Whose certificate it is, by serial; null when the bank does not know it. */
  customerOf(serial: string): string | null {
    if (!/^[0-9A-F]{1,40}$/.test(serial) || !existsSync(this.registration(serial))) return null;
    return Registered.parse(JSON.parse(readFileSync(this.registration(serial), 'utf8'))).user;
  }

  private registration(serial: string): string {
    return join(this.dir, 'pki', 'issued', `${serial}.json`);
  }
}

/** Writes `certificate.pem` and `key.pem` into a directory. */
export function writePair(dir: string, pair: PemPair): { certificateFile: string; keyFile: string } {
  const [certificateFile, keyFile] = [resolve(dir, 'certificate.pem'), resolve(dir, 'key.pem')];
  mkdirSync(dirname(keyFile), { recursive: true, mode: 0o700 });
  writeFileSync(keyFile, pair.key, { mode: 0o600 });
  writeFileSync(certificateFile, pair.certificate);
  return { certificateFile, keyFile };
}
