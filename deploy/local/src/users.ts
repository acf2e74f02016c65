/** Development users and their tokens: until people can sign in, `./enishi token` signs the internal JWT for a UIN. */

import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DEVELOPMENT_ISSUER, HolderId, type ServiceName } from '@enishi/contracts';
import { signInternalToken } from '@enishi/crypto';
import { z } from 'zod';
import { ExpectedFailure } from './expected-failure.js';
import type { Layout } from './layout.js';
import { privateKey } from './pki.js';

const Users = z.record(z.string(), HolderId);
const UserName = z.string().regex(/^[a-z][a-z0-9._-]{0,39}$/);
export const TOKEN_SECONDS = 3600;

/** The UIN of a development user: random at first sight, the same ever after, nothing of the name in it. */
export function holderOf(layout: Layout, user: string): HolderId {
  if (!UserName.safeParse(user).success) {
    throw new ExpectedFailure(
      `'${user}' is no user name: use a lower-case letter, then letters, digits, '.', '_' or '-', 40 characters at most.`,
      64,
    );
  }
  const file = layout.path('users.json');
  const users = existsSync(file) ? Users.parse(JSON.parse(readFileSync(file, 'utf8'))) : {};
  const known = users[user];
  if (known) return known;
  const holder = HolderId.generate();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ ...users, [user]: holder }, null, 2), { mode: 0o600 });
  return holder;
}

export interface TokenRequest {
  readonly user: string;
  /** Which device or application asks: decides what of the data it may see (A6). */
  readonly client: string;
  readonly service: ServiceName;
  readonly scope: string;
  readonly seconds?: number;
}

/** Signs an internal JWT as the introspector will, under the development issuer. */
export function tokenFor(layout: Layout, { user, client, service, scope, seconds = TOKEN_SECONDS }: TokenRequest): string {
  const now = Math.floor(Date.now() / 1000);
  return signInternalToken(
    { ...privateKey(layout, 'internal'), kid: 'development' } as never,
    {
      iss: DEVELOPMENT_ISSUER,
      sub: holderOf(layout, user),
      aud: service,
      iat: now,
      exp: now + seconds,
      jti: randomUUID(),
      client_id: client,
      scope,
    } as never,
  );
}

/** All that a holder may do with what is theirs. */
export const OWNER_SCOPE = 'terminals connections runs accounts:read access:manage';
