/** Signing the internal JWT, the only thing that a service trusts at its HTTP doors (contracts: InternalTokenClaims). */
import { INTERNAL_TOKEN_TYP, InternalTokenClaims } from '@enishi/contracts';
import type { z } from 'zod';
import { sign } from './jws.js';
import { jwkThumbprint, type PrivateSigningJwk } from './keys.js';

/** `kid` is the key's own, else its RFC 7638 thumbprint: the JWKS must name the key so. @throws ZodError when a claim is wrong (a bug of the caller) */
export function signInternalToken(privateJwk: PrivateSigningJwk, claims: z.input<typeof InternalTokenClaims>): string {
  return sign(InternalTokenClaims.parse(claims), privateJwk, {
    typ: INTERNAL_TOKEN_TYP,
    header: { kid: privateJwk.kid ?? jwkThumbprint(privateJwk) },
  });
}
