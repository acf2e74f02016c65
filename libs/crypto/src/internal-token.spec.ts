import { HolderId, INTERNAL_TOKEN_TYP, InternalTokenClaims } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
import { generateSigningKey, jwkThumbprint, signInternalToken, verify } from './index.js';

const key = generateSigningKey();
const claims = {
  iss: 'https://enishi.invalid/development',
  sub: HolderId.generate(),
  aud: 'parser' as const,
  iat: 1_800_000_000,
  exp: 1_800_000_060,
  jti: 'a',
  client_id: 'phone',
  scope: 'accounts:read',
};

describe('the internal token', () => {
  it('A6 names its key by RFC 7638 thumbprint and carries its own typ', () => {
    const { payload, header } = verify(signInternalToken(key.privateJwk, claims), key.publicJwk, INTERNAL_TOKEN_TYP, InternalTokenClaims);
    expect(payload).toEqual(claims);
    expect(header).toEqual({ alg: 'EdDSA', typ: INTERNAL_TOKEN_TYP, kid: jwkThumbprint(key.publicJwk) });
  });

  it('A6 carries the name that its key has, where it has one', () => {
    const { header } = verify(
      signInternalToken({ ...key.privateJwk, kid: '2026-10' }, claims),
      key.publicJwk,
      INTERNAL_TOKEN_TYP,
      InternalTokenClaims,
    );
    expect(header.kid).toBe('2026-10');
  });

  it('A6 is not made with a claim of another form than the doors take', () => {
    const client = 'aZ09._-'.padEnd(80, 'x');
    const good = { ...claims, jti: 'x'.repeat(100), client_id: client, scope: 'x'.repeat(500) };
    expect(() => signInternalToken(key.privateJwk, good)).not.toThrow();
    const wrong: [string, unknown][] = [
      ['iss', 'elsewhere'],
      ['sub', 'alice'],
      ['aud', 'bank'],
      ['iat', 1.5],
      ['exp', 1.5],
      ['jti', ''],
      ['jti', 'x'.repeat(101)],
      ['client_id', ''],
      ['client_id', `${client}x`],
      ['client_id', ' phone'],
      ['client_id', 'phone\n'],
      ['scope', 'x'.repeat(501)],
    ];
    for (const [claim, value] of wrong)
      expect(() => signInternalToken(key.privateJwk, { ...good, [claim]: value })).toThrow(
        expect.objectContaining({ issues: [expect.objectContaining({ path: [claim] })] }),
      );
  });

  it('has the thumbprint that RFC 8037 appendix A.3 gives for its example key', () => {
    expect(jwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' })).toBe(
      'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
    );
  });
});
