/** Checks the internal JWT (RFC 9068 claims, own `typ`): the only thing that a service trusts at its HTTP doors. */
import { readFileSync, statSync } from 'node:fs';
import { INTERNAL_TOKEN_TYP, InternalTokenClaims, type ServiceName } from '@enishi/contracts';
import { type AppError, platformError } from '@enishi/errors';
import type { Logger } from '@enishi/telemetry';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Caller } from './caller.js';

/** Characters of a token, at most. */
export const MAX_TOKEN_CHARS = 4_096;
/** How far the clocks of our own machines may be apart, seconds. */
export const CLOCK_TOLERANCE_SECONDS = 5;
/** How often the key file is looked at, ms. */
const LOOK_EVERY_MS = 1_000;
const ALGORITHMS = ['EdDSA', 'ES256'];

export interface InternalTokenRules {
  readonly service: ServiceName;
  readonly jwksFile: string;
  readonly issuer: string;
  /** Longest accepted life: exp - iat. */
  readonly maxSeconds: number;
}

const KeySet = z.object({
  keys: z
    .array(
      z
        .looseObject({ kty: z.enum(['OKP', 'EC']), kid: z.string().optional() })
        .refine((key) => !('d' in key), 'must be a public key: a service must not hold what signs its callers'),
    )
    .max(50),
});

/** Verifies internal tokens of one service against a key file that may change under it. */
export class InternalTokens {
  #keys: JWTVerifyGetKey;
  #seen: string;
  #lookedAt = performance.now();

  /** @throws when the key file cannot be read: a service that can let nobody in does not start */
  constructor(
    private readonly rules: InternalTokenRules,
    private readonly log: Logger,
  ) {
    this.#seen = stampOf(rules.jwksFile);
    this.#keys = loadKeys(rules.jwksFile);
  }

  /**
   * The caller that this token stands for.
   * @throws platform.token_not_valid; the message says which rule was broken, and repeats nothing of the token
   */
  async verify(token: string, nowSeconds = Date.now() / 1_000): Promise<Caller> {
    if (token.length > MAX_TOKEN_CHARS) throw refused('is too long');
    this.#reload();
    const { service, issuer, maxSeconds } = this.rules;
    const { payload } = await jwtVerify(token, (header, jws) => this.#keys(header, jws), {
      algorithms: ALGORITHMS,
      typ: INTERNAL_TOKEN_TYP,
      issuer,
      audience: service,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(nowSeconds * 1_000),
      requiredClaims: ['exp', 'iat'],
    }).catch((error: unknown) => {
      throw refused(reasonOf(error), error);
    });
    const claims = InternalTokenClaims.safeParse(payload);
    if (!claims.success) throw refused('lacks a claim that is needed, or has one of another form', claims.error);
    const { sub, client_id, scope, iat, exp } = claims.data;
    if (exp - iat > maxSeconds || exp <= iat) throw refused(`lives longer than ${maxSeconds} s`);
    if (iat > nowSeconds + CLOCK_TOLERANCE_SECONDS) throw refused('was issued in the future');
    return { holderId: sub, clientId: client_id, scopes: scope.split(' ').filter(Boolean) };
  }

  /** Keys are rotated by changing the file. A file that cannot be read keeps the keys that were good. */
  #reload(): void {
    if (performance.now() - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = performance.now();
    try {
      const stamp = stampOf(this.rules.jwksFile);
      if (stamp === this.#seen) return;
      this.#keys = loadKeys(this.rules.jwksFile);
      this.#seen = stamp;
      this.log.info({ file: this.rules.jwksFile }, 'internal token keys were read again');
    } catch (err) {
      this.log.error({ err }, 'internal token keys cannot be read; the ones before stay in force');
    }
  }
}

function stampOf(file: string): string {
  const { ino, mtimeMs, size } = statSync(file);
  return `${ino} ${mtimeMs} ${size}`;
}

function loadKeys(file: string): JWTVerifyGetKey {
  const parsed = KeySet.parse(JSON.parse(readFileSync(file, 'utf8')));
  return createLocalJWKSet(parsed as JSONWebKeySet);
}

function refused(what: string, cause?: unknown): AppError {
  return platformError('token_not_valid', `The internal token ${what}.`, { place: 'header.authorization', cause });
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'has expired';
  if (error instanceof errors.JWTClaimValidationFailed)
    switch (error.claim) {
      case 'typ':
        return 'is of another type';
      case 'aud':
        return 'is for another service';
      case 'iss':
        return 'is from another issuer';
      default:
        return 'lacks a claim that is needed, or has one of another form';
    }
  if (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JWSSignatureVerificationFailed
  )
    return 'is not signed by a key that is known here';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'is signed by an algorithm that is not allowed';
  return 'cannot be read';
}
