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

  it('has the thumbprint that RFC 8037 appendix A.3 gives for its example key', () => {
    expect(jwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' })).toBe(
      'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
    );
  });
});
