/** Settings of the operator's command: of the service's own, what this needs and no more. */
import { databaseLogin, readConfigOrExit } from '@enishi/config';
import { PrivateSealingJwk } from '@enishi/crypto';
import { z } from 'zod';
import { configSchema } from '../config.js';

const { DATABASE_URL, DATABASE_PASSWORD_FILE, RESULT_KEY_FILE } = configSchema.shape;
const login = z.object({ DATABASE_URL, DATABASE_PASSWORD_FILE });
const rule = databaseLogin('DATABASE_URL', 'DATABASE_PASSWORD_FILE');

/** Listing needs no key: whoever may only list gets none. */
export const listConfig = () => readConfigOrExit(login.superRefine(rule));

/** The key as it opens; exits 78 when the file holds none. */
export const openConfig = () => {
  const resultKey = RESULT_KEY_FILE.transform((file, ctx) => {
    try {
      return PrivateSealingJwk.parse(JSON.parse(file.reveal()));
    } catch {
      // What the file holds is never repeated.
      ctx.addIssue({ code: 'custom', message: 'must hold a private X25519 JWK with kty, crv, x and d' });
      return z.NEVER;
    }
  });
  return readConfigOrExit(login.extend({ RESULT_KEY_FILE: resultKey }).superRefine(rule));
};
