/** The platform's root and the keys that it certifies: how an agent comes to trust a dispatcher past the relay. */
import { KeyStatement, type KeyUse, RootStatement, type SealingJwk, type SigningJwk } from '@enishi/contracts';
import type { z } from 'zod';
import { CryptoError } from './crypto-error.js';
import { sameSecret, sha256 } from './hash.js';
import { decodeHeader, readUnverified, sign, verify } from './jws.js';
import { generateSigningKey, type PrivateSigningJwk } from './keys.js';
import { KEY_TYP, ROOT_TYP } from './typ.js';

const now = () => Math.floor(Date.now() / 1000);

/** Makes a root. Its private key certifies keys offline and is needed at no other time. */
export function createRoot(options: { development: boolean }): { statement: string; privateJwk: PrivateSigningJwk } {
  const { publicJwk, privateJwk } = generateSigningKey();
  const root: RootStatement = { development: options.development, jwk: publicJwk, iat: now() };
  return { statement: sign(root, privateJwk, { typ: ROOT_TYP }), privateJwk };
}

/** SHA-256 of the whole statement: 43 characters. */
export function thumbprintOfRoot(statement: string): string {
  return sha256(statement);
}

/**
 * Reads a root statement that must be the one with this thumbprint.
 * @throws CryptoError root_wrong, or what `verify` throws
 */
export function verifyRoot(statement: string, thumbprint: string): RootStatement {
  if (!sameSecret(thumbprintOfRoot(statement), thumbprint)) throw new CryptoError('root_wrong', 'root statement');
  return verifyOwnRoot(statement);
}

/**
 * Reads a root statement from a place that is trusted already (a service's own ROOT_FILE); only its own signature is checked.
 * @throws what `verify` throws
 */
export function verifyOwnRoot(statement: string): RootStatement {
  const { jwk } = readUnverified(statement, ROOT_TYP, RootStatement);
  return verify(statement, jwk, ROOT_TYP, RootStatement).payload;
}

/** Certifies a public key for one use; `validForSeconds` from now. */
export function certifyKey(
  rootPrivateJwk: PrivateSigningJwk,
  options: { use: KeyUse; jwk: SigningJwk | SealingJwk; validForSeconds: number },
): string {
  if ((options.use === 'result') !== (options.jwk.crv === 'X25519'))
    throw new CryptoError('malformed', 'key', 'result keys are X25519, all others Ed25519');
  const iat = now();
  const { kty, crv, x } = options.jwk;
  return sign({ use: options.use, jwk: { kty, crv, x }, iat, exp: iat + options.validForSeconds }, rootPrivateJwk, { typ: KEY_TYP });
}

/** A certified key may be seen by a clock that is this much behind the one that certified it. */
const CLOCK_LEEWAY_SECONDS = 300;

export type KeyStatementFor<U extends KeyUse> = KeyStatement & { use: U; jwk: U extends 'result' ? SealingJwk : SigningJwk };

/**
 * Checks that the root certified this key for this use, now.
 * @throws CryptoError key_not_certified (also when the statement is malformed), key_expired
 */
export function verifyKey<U extends KeyUse>(statementJws: string, root: RootStatement, use: U, nowSeconds: number): KeyStatementFor<U> {
  let statement: KeyStatement;
  try {
    statement = verify(statementJws, root.jwk, KEY_TYP, KeyStatement).payload;
  } catch (error) {
    throw new CryptoError('key_not_certified', `${use} key`, error instanceof CryptoError ? error.reason : '');
  }
  if (statement.use !== use) throw new CryptoError('key_not_certified', `${use} key`, `certified as ${statement.use}`);
  if ((use === 'result') !== (statement.jwk.crv === 'X25519')) throw new CryptoError('key_not_certified', `${use} key`, 'curve');
  if (nowSeconds >= statement.exp || nowSeconds < statement.iat - CLOCK_LEEWAY_SECONDS) throw new CryptoError('key_expired', `${use} key`);
  return statement as KeyStatementFor<U>;
}

/**
 * Verifies a JWS whose header `key` carries the statement of the key that signed it (orders, receipts, connectors).
 * @throws CryptoError key_not_certified, key_expired, or what `verify` throws
 */
export function verifyCertified<S extends z.ZodType>(
  jws: string,
  root: RootStatement,
  options: { use: 'order' | 'connector'; typ: string; schema: S; nowSeconds: number },
): { payload: z.infer<S>; key: KeyStatementFor<'order' | 'connector'> } {
  const statement = decodeHeader(jws, options.typ).key;
  if (!statement) throw new CryptoError('key_not_certified', `${options.use} key`, 'no key statement in the header');
  const key = verifyKey(statement, root, options.use, options.nowSeconds);
  return { payload: verify(jws, key.jwk, options.typ, options.schema).payload, key };
}
