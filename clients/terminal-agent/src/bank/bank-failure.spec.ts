import { getSystemErrorMap } from 'node:util';
import { CAUSES } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
import { BankFailure, isNoEntry, mostTelling, nameFailure, nameFault, type Phase } from './bank-failure.js';

const error = (code: string, message = 'text that is not passed on') => Object.assign(new Error(message), { code });
const named = (code: string, message?: string) => {
  const { outcome, detail } = nameFailure(error(code, message), 'connecting');
  return [outcome, detail];
};

describe('what the wire shows', () => {
  it.each([
    ['CERT_HAS_EXPIRED', 'expired'],
    ['CERT_NOT_YET_VALID', 'not valid yet'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'wrong host'],
    ['HOSTNAME_MISMATCH', 'wrong host'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'unknown CA'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unknown CA'],
    ['UNABLE_TO_GET_ISSUER_CERT', 'unknown CA'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unknown CA'],
    ['CERT_REVOKED', 'revoked'],
    ['CERT_SIGNATURE_FAILURE', 'false signature'],
    ['INVALID_PURPOSE', 'not for this use'],
    ['ERR_SSL_DH_KEY_TOO_SMALL', 'too weak'],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'old protocol'],
  ])('A2 %s of the server is BANK_TLS_CHANGED, not tried again: %s', (code, word) => {
    expect(named(code)).toEqual(['BANK_TLS_CHANGED', `${word} (${code})`]);
    expect(CAUSES.BANK_TLS_CHANGED.retry).toBe('never');
  });

  it('A2 a weak key or digest, which Node has no code for, is told by the words of OpenSSL', () => {
    expect(named('UNSPECIFIED', 'EE certificate key too weak')).toEqual(['BANK_TLS_CHANGED', 'too weak (EE certificate key too weak)']);
    expect(named('UNSPECIFIED', 'CA signature digest algorithm too weak')[0]).toBe('BANK_TLS_CHANGED');
    for (const other of ['口座 too weak', 'too weak for us'])
      expect([other, named('UNSPECIFIED', other)[0]]).toEqual([other, 'BANK_TLS_UNKNOWN']);
  });

  it('A2 a verdict that is not known is named as unknown, with the code of OpenSSL, and never as the bank being down', () => {
    expect(named('UNSPECIFIED', 'Email address mismatch')).toEqual(['BANK_TLS_UNKNOWN', 'unknown (UNSPECIFIED: Email address mismatch)']);
    expect(named('UNSPECIFIED', '口座')).toEqual(['BANK_TLS_UNKNOWN', 'unknown (UNSPECIFIED: )']);
    expect(nameFailure({ code: 'UNSPECIFIED' }, 'handshake').detail).toBe('unknown (UNSPECIFIED: )');
    for (const code of [
      'ERR_SSL_FUTURE_VERDICT',
      'ERR_OSSL_EVP_UNSUPPORTED',
      'CRL_HAS_EXPIRED',
      'ERR_TLS_RENEGOTIATION_DISABLED',
      'EPROTO',
    ])
      expect(named(code)).toEqual(['BANK_TLS_UNKNOWN', `unknown (${code})`]);
    expect(CAUSES.BANK_TLS_UNKNOWN.retry).toBe('never');
  });

  it.each([
    [42, 'CERT_REJECTED_BY_BANK', 'certificate'],
    [48, 'CERT_REJECTED_BY_BANK', 'certificate'],
    [116, 'CERT_REJECTED_BY_BANK', 'certificate'],
    [70, 'BANK_TLS_CHANGED', 'old protocol'],
    [71, 'BANK_TLS_CHANGED', 'too weak'],
    [112, 'BANK_TLS_CHANGED', 'wrong host'],
    [80, 'BANK_DOWN', 'fault of the bank'],
    [40, 'BANK_TLS_UNKNOWN', 'unknown'],
    [120, 'BANK_TLS_UNKNOWN', 'unknown'],
    [199, 'BANK_TLS_UNKNOWN', 'unknown'],
  ])('A2 TLS alert %d of the bank is %s: %s', (alert, cause, word) => {
    const told = named('ERR_SSL_X', `0:error:0A000416:SSL routines::x:rec.c:9:SSL alert number ${alert}`);
    expect(told).toEqual([cause, `${word} (TLS alert ${alert})`]);
  });

  it.each([
    'CERT_HAS_EXPIRED',
    'CERT_NOT_YET_VALID',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'CERT_REVOKED',
    'CERT_SIGNATURE_FAILURE',
    'INVALID_PURPOSE',
    'ERR_SSL_DH_KEY_TOO_SMALL',
    'ERR_SSL_UNSUPPORTED_PROTOCOL',
    'EPROTO',
    'ECONNREFUSED',
    'ETIMEDOUT',
    'HPE_HEADER_OVERFLOW',
    'ENETUNREACH',
    'EPERM',
    'ENOSPC',
    'ERR_SSL_WRONG_VERSION_NUMBER',
  ])('A2 %s is told by the whole code: a longer one is another', (code) => {
    expect(named(`X-${code}`)).toEqual(['AGENT_FAILED', `X-${code}`]);
    expect(named(`${code}-X`)[0]).not.toBe(named(code)[0]);
  });

  it.each([
    ['ECONNREFUSED', 'BANK_DOWN'],
    ['ECONNRESET', 'BANK_DOWN'],
    ['EHOSTUNREACH', 'BANK_DOWN'],
    ['HPE_INVALID_CONSTANT', 'BANK_DOWN'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'BANK_DOWN'],
    ['ETIMEDOUT', 'BANK_TIMEOUT'],
    ['HPE_HEADER_OVERFLOW', 'RESPONSE_TOO_LARGE'],
    ['ENETUNREACH', 'PC_NETWORK_DOWN'],
    ['EADDRNOTAVAIL', 'PC_NETWORK_DOWN'],
    ['ENOTFOUND', 'PC_NETWORK_DOWN'],
    ['EAI_AGAIN', 'PC_NETWORK_DOWN'],
    ['EPERM', 'PC_NETWORK_BLOCKED'],
    ['EACCES', 'PC_NETWORK_BLOCKED'],
    ['ENOSPC', 'PC_DISK_FULL'],
    ['EMFILE', 'AGENT_FAILED'],
  ])('A2 %s is %s: what the PC refuses is not said of the bank', (code, cause) => expect(named(code)).toEqual([cause, code]));

  it('A2 no error of the system that is not known is said of the bank', () => {
    const ofBank = new Set<string>();
    for (const [, [code]] of getSystemErrorMap()) if (named(code)[0]?.startsWith('BANK_')) ofBank.add(code);
    // EPROTO is how some systems tell of a TLS fault.
    expect([...ofBank].toSorted()).toEqual(
      ['ECONNABORTED', 'ECONNREFUSED', 'ECONNRESET', 'EHOSTDOWN', 'EHOSTUNREACH', 'ENOTCONN', 'EPIPE', 'EPROTO', 'ETIMEDOUT'].filter(
        (code) => [...getSystemErrorMap().values()].some(([known]) => known === code),
      ),
    );
  });
});

describe('a bank with several addresses', () => {
  const at = (code: string, phase: Phase = 'connecting') => nameFailure(error(code), phase);

  it('A2 that refuses at one of them is BANK_DOWN, though the PC has no way to another', () => {
    const [refused, noWay] = [at('ECONNREFUSED'), at('ENETUNREACH')];
    expect([mostTelling([refused, noWay]), mostTelling([noWay, refused]), mostTelling([noWay])]).toEqual([refused, refused, noWay]);
  });

  it('A2 is tried at the next one only when nothing came in, and not after TLS, a deadline or a fault of the PC', () => {
    for (const code of ['ECONNREFUSED', 'ENETUNREACH', 'EPERM']) expect([code, isNoEntry(at(code))]).toEqual([code, true]);
    for (const code of ['ETIMEDOUT', 'ENOSPC', 'CERT_HAS_EXPIRED', 'ERR_SSL_NEW'])
      expect([code, isNoEntry(at(code))]).toEqual([code, false]);
    expect(isNoEntry(at('ECONNRESET', 'handshake'))).toBe(false);
  });
});

describe('what else is thrown', () => {
  it.each([
    [error('ENOSPC'), 'PC_DISK_FULL', 'ENOSPC'],
    [error('EDQUOT'), 'PC_DISK_FULL', 'EDQUOT'],
    [error('EFBIG'), 'PC_DISK_FULL', 'EFBIG'],
    // Of a file, not of a connection.
    [error('EACCES'), 'AGENT_FAILED', 'EACCES'],
    [error('terminal-agent.home_damaged'), 'AGENT_FAILED', 'terminal-agent.home_damaged'],
    [new TypeError('x'), 'AGENT_FAILED', 'TypeError'],
    ['a text', 'AGENT_FAILED', 'nameless'],
    [undefined, 'AGENT_FAILED', 'nameless'],
    [null, 'AGENT_FAILED', 'nameless'],
    [error('a code with blanks'), 'AGENT_FAILED', 'Error'],
    [error('a code with blanks and 口座'), 'AGENT_FAILED', 'Error'],
  ])('A2 %p is %s, by its code or class and without its text', (thrown, cause, detail) => {
    expect(nameFault(thrown, 'sent')).toMatchObject({ outcome: cause, detail, phase: 'sent' });
  });

  it('a failure that has its name keeps it', () => {
    const failure = new BankFailure('SITE_CHANGED', 'SSL alert number 42', 'handshake');
    expect(nameFault(failure, 'sent')).toBe(failure);
    expect(nameFailure(failure, 'sent')).toBe(failure);
    expect(failure).toMatchObject({ code: 'SITE_CHANGED', message: 'SITE_CHANGED: SSL alert number 42' });
  });
});
