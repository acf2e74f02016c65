import { generateKeyPairSync } from 'node:crypto';
import { createCa, issueCert } from '@enishi/infra';
import { describe, expect, it } from '@jest/globals';
import { type ClientCertificate, expiryWarning, loadCertificate, pickCertificate } from './certificates.js';
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
