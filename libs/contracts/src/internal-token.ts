/** The internal JWT: what a service trusts at its HTTP doors, and nothing else (docs/architecture.md, "How things move"; RFC 9068 claims). */
import { z } from 'zod';
import { HolderId } from './ids.js';
import { SERVICES } from './names.js';
import { Text, Url } from './values.js';

export const INTERNAL_TOKEN_TYP = 'enishi-internal+jwt';
/** Issuer of `./enishi token`; a service accepts it only where its configuration names it. */
export const DEVELOPMENT_ISSUER = 'https://enishi.invalid/development';

export const InternalTokenClaims = z.object({
  iss: Url,
  sub: HolderId,
  aud: z.enum(SERVICES),
  exp: z.number().int(),
  iat: z.number().int(),
  jti: Text.min(1).max(100),
  client_id: z.string().regex(/^[A-Za-z0-9._-]{1,80}$/),
  scope: Text.max(500),
});
export type InternalTokenClaims = z.infer<typeof InternalTokenClaims>;
