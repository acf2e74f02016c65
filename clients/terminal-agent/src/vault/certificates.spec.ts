import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { createCa, issueCert } from '@enishi/infra';
import { describe, expect, it } from '@jest/globals';
import { type ClientCertificate, expiryWarning, isLocked, loadCertificate, pickCertificate, unlockKey } from './certificates.js';
import { parsePrintedName } from './distinguished-name.js';

const now = new Date('2026-11-22T00:00:00Z');
const day = 86_400_000;
const certificate = (subject: string, issuer: string, fromDays: number, toDays: number): ClientCertificate => ({
  certPem: '',
  keyPem: '',
  subject,
  issuer: parsePrintedName(`CN=${issuer}`),
  notBefore: new Date(now.getTime() + fromDays * day),
  notAfter: new Date(now.getTime() + toDays * day),
});

describe('the certificate that a bank is shown', () => {
  const expired = certificate('expired', 'Bank', -400, -1);
  const older = certificate('older', 'Bank', -340, 25);
  const renewed = certificate('renewed', 'Bank', -5, 360);
  const future = certificate('future', 'Bank', 1, 366);
  const foreign = certificate('foreign', 'Other Bank', -1, 300);

  it('A2 is the newest valid one of the issuer; expired look-alikes and those of other banks are passed over', () => {
    expect(pickCertificate([expired, older, renewed, future, foreign], 'Bank', now)).toEqual({ found: renewed });
    expect(pickCertificate([expired, older], 'Bank', now)).toEqual({ found: older });
  });

  it('A2 is missing, or expired, by name', () => {
    expect(pickCertificate([foreign], 'Bank', now)).toEqual({ missing: 'CERT_MISSING' });
    expect(pickCertificate([future], 'Bank', now)).toEqual({ missing: 'CERT_MISSING' });
    expect(pickCertificate([expired, foreign], 'Bank', now)).toEqual({ missing: 'CERT_EXPIRED' });
    expect(pickCertificate([certificate('x', 'Bank', -1, 0)], 'Bank', now)).toEqual({ missing: 'CERT_EXPIRED' });
  });

  it('A2 is unusable by name when one that was given cannot be loaded, for it may be the one that was meant', () => {
    expect(pickCertificate([foreign], 'Bank', now, 1)).toEqual({ missing: 'CERT_UNUSABLE' });
    expect(pickCertificate([expired], 'Bank', now, 1)).toEqual({ missing: 'CERT_UNUSABLE' });
    expect(pickCertificate([renewed], 'Bank', now, 1)).toEqual({ found: renewed });
  });

  it.each([
    [31, null],
    [30, 30],
    [15, 30],
    [14, 14],
    [8, 14],
    [7, 7],
    [2, 7],
    [1, 1],
    [0.01, 1],
    [0, 0],
    [-5, 0],
  ])('%d days before its end is warned of as %s', (days, warning) => {
    expect(expiryWarning(new Date(now.getTime() + days * day), now)).toBe(warning);
  });
});

describe('a certificate given by the user', () => {
  it('is read with subject, issuer and validity', async () => {
    const { certPem, keyPem } = await issueCert(await createCa({ commonName: 'Bank Client CA' }), { kind: 'client', commonName: 'hanako' });
    expect(loadCertificate({ kind: 'imported', certPem, keyPem })).toMatchObject({
      subject: 'hanako',
      issuer: [[{ type: 'cn', value: 'Bank Client CA' }]],
    });
  });

  it('is refused by name when it is none, when the key is none or of another, and when the files are not there', async () => {
    const ca = await createCa({ commonName: 'Bank Client CA' });
    const { certPem, keyPem } = await issueCert(ca, { kind: 'client', commonName: 'hanako' });
    const { keyPem: other } = await issueCert(ca, { kind: 'client', commonName: 'taro' });
    const refused = (message: string) =>
      expect.objectContaining({ code: 'terminal-agent.certificate_not_valid', message: expect.stringContaining(message) });
    expect(() => loadCertificate({ kind: 'imported', certPem: 'x', keyPem })).toThrow(refused('not a certificate'));
    expect(() => loadCertificate({ kind: 'imported', certPem, keyPem: 'x' })).toThrow(refused('not a private key'));
    expect(() => loadCertificate({ kind: 'imported', certPem, keyPem: other })).toThrow(refused('not the one of the certificate'));
    expect(() => loadCertificate({ kind: 'files', certFile: '/nowhere/a', keyFile: '/nowhere/b' })).toThrow(refused('cannot be read'));
  });

  it('A2 an issuer with a comma in its name is found by that name', async () => {
    const { certPem, keyPem } = await issueCert(await createCa({ commonName: 'Bank, Inc. CA' }), { kind: 'client', commonName: 'a, b' });
    const loaded = loadCertificate({ kind: 'imported', certPem, keyPem });
    expect(loaded.subject).toBe('a, b');
    expect(pickCertificate([loaded], 'Bank, Inc. CA', new Date())).toEqual({ found: loaded });
  });

  it('A2 that a TLS context does not take is refused, with the reason of OpenSSL: a key that is too weak', async () => {
    const request = { kind: 'client', commonName: 'hanako', weak: 'key' } as const;
    const { certPem, keyPem } = await issueCert(await createCa({ commonName: 'Bank Client CA' }), request);
    expect(() => loadCertificate({ kind: 'imported', certPem, keyPem })).toThrow(
      expect.objectContaining({ code: 'terminal-agent.certificate_not_valid', message: expect.stringContaining('key too small') }),
    );
  });

  it('a key that is locked is opened by its passphrase; another one, or an old encryption, is told by name', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const lock = (cipher: string) => String(privateKey.export({ type: 'pkcs8', format: 'pem', cipher, passphrase: 'あ x' }));
    const locked = lock('aes-256-cbc');
    expect(isLocked(locked)).toBe(true);
    const open = unlockKey(locked, 'あ x');
    expect([isLocked(open), privateKey.equals(createPrivateKey(open))]).toEqual([false, true]);
    const refused = (message: RegExp) =>
      expect.objectContaining({ code: 'terminal-agent.certificate_not_valid', message: expect.stringMatching(message) });
    expect(() => unlockKey(locked, 'x')).toThrow(refused(/passphrase does not open/));
    expect(() => unlockKey(OLD_KEY, 'x')).toThrow(refused(/old way/));
  });

  it('a key that is locked, or a .p12 in the place of PEM, is refused with what to do', async () => {
    const { certPem, keyPem } = await issueCert(await createCa({ commonName: 'Bank Client CA' }), { kind: 'client', commonName: 'hanako' });
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const locked = String(privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }));
    const lockedOldWay = String(privateKey.export({ type: 'sec1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' }));
    for (const key of [locked, lockedOldWay])
      expect(() => loadCertificate({ kind: 'imported', certPem, keyPem: key })).toThrow(/locked by a passphrase/);
    const der = Buffer.from([0x30, 0x82, 0x0a, 0x1b]).toString('utf8');
    expect(() => loadCertificate({ kind: 'imported', certPem: der, keyPem })).toThrow(/\.p12/);
    expect(() => loadCertificate({ kind: 'imported', certPem, keyPem: der })).toThrow(/\.p12/);
  });
});

/** Of no certificate: a P-256 key under PBE-SHA1-RC2-40, as OpenSSL writes it with its legacy provider. Its passphrase is x. */
const OLD_KEY = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGxMBwGCiqGSIb3DQEMAQYwDgQIzgqFLXFJAyQCAggABIGQV35rjwQr6Bfw4IM1
7gAuv25U0LgHHIcesaWz0f8ey3/ZR91cm144f8dDuI/0YUSK1TIkRUkGqZgYhBh2
DNqb+d6OyBwe7R39dzDpT5SY/Nozsbxv6hWqRa1YTb4mK9Qemc1EG1ieARl3rElq
kpFrlJ6ONJr9OK/FJFE81YV4rmrh/OHN5msj9q4ksM0Ysus6
-----END ENCRYPTED PRIVATE KEY-----
`;
