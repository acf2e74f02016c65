/** A service with every kind of route, on a real socket, for the specs of this folder. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEVELOPMENT_ISSUER, HolderId, INTERNAL_TOKEN_TYP, type RouteContract, RunId, route } from '@enishi/contracts';
import { AppError, failure } from '@enishi/errors';
import { createLogger, type Logger } from '@enishi/telemetry';
import { Controller, type DynamicModule, Module, type Type } from '@nestjs/common';
import { z } from 'zod';
import type { Caller } from '../src/caller.js';
import { type ServedInput, Serves } from '../src/serves.js';
import { type HttpConfig, type RunningService, type StartOptions, start } from '../src/start.js';

export const putThing = route('parser', 'PUT', '/v1/things/{thingId}', {
  operationId: 'putThing',
  summary: 'Puts a thing',
  scope: 'things:write',
  params: z.strictObject({ thingId: z.string().regex(/^[a-z]{1,10}$/, 'must be 1 to 10 small letters') }),
  query: z.strictObject({ limit: z.coerce.number().int().min(1).max(500).default(100), note: z.string().max(20).optional() }),
  body: z.strictObject({ label: z.string().min(1).max(80) }),
  output: z.strictObject({ thingId: z.string(), limit: z.number(), label: z.string(), holder: HolderId, client: z.string() }),
  errors: { thing_taken: 'conflict' },
});
export const makeThing = route('parser', 'POST', '/v1/things', {
  operationId: 'makeThing',
  summary: 'Makes a thing',
  scope: 'things:write',
  status: 201,
  body: z.strictObject({ label: z.string() }),
  output: z.strictObject({ label: z.string() }),
});
export const dropThing = route('parser', 'DELETE', '/v1/things/{thingId}', {
  operationId: 'dropThing',
  summary: 'Drops a thing',
  scope: 'things:write',
  status: 204,
  params: z.strictObject({ thingId: z.string() }),
});
export const failThing = route('parser', 'GET', '/v1/failures/{how}', {
  operationId: 'failThing',
  summary: 'Fails as it is asked to',
  scope: 'things:read',
  params: z.strictObject({ how: z.string() }),
  output: z.strictObject({ fine: z.literal(true) }),
  errors: { thing_unknown: 'missing' },
});
export const watchThing = route('parser', 'GET', '/v1/things/{thingId}/events', {
  operationId: 'watchThing',
  summary: 'Watches a thing',
  scope: 'things:read',
  responds: 'event-stream',
  params: z.strictObject({ thingId: z.string() }),
  output: z.strictObject({ seq: z.number().int(), text: z.string() }),
  errors: { thing_unknown: 'missing' },
});
export const THING_ROUTES: readonly RouteContract[] = [putThing, makeThing, dropThing, failThing, watchThing];

/** What a spec lets the handlers do. */
export interface Behaviour {
  fail: Record<string, () => unknown>;
  watch: (input: ServedInput<typeof watchThing>) => AsyncIterable<{ seq: number; text: string }>;
}
export const behaviour: Behaviour = {
  fail: {
    declared: () => {
      throw failure(failThing, 'thing_unknown', 'There is no such thing.', { place: 'params.how' });
    },
    foreign: () => {
      throw new AppError('command-dispatcher.run_unknown', 'missing', 'canary-foreign');
    },
    'foreign-busy': () => {
      throw new AppError('terminal-relay.terminal_away', 'busy', 'canary-foreign');
    },
    unknown: () => {
      throw new Error('canary-thrown');
    },
    output: () => ({ fine: false, extra: 'canary-output' }),
    never: () => new Promise(() => undefined),
  },
  watch: async function* () {},
};

@Controller()
class ThingController {
  @Serves(putThing)
  put({ params, query, body }: ServedInput<typeof putThing>, { holderId, clientId }: Caller) {
    if (params.thingId === 'taken') throw failure(putThing, 'thing_taken', 'It is taken.');
    return { thingId: params.thingId, limit: query.limit, label: body.label, holder: holderId, client: clientId };
  }

  @Serves(makeThing)
  async make({ body }: ServedInput<typeof makeThing>) {
    return { label: body.label };
  }

  @Serves(dropThing)
  drop() {
    return undefined;
  }

  @Serves(failThing)
  fail({ params }: ServedInput<typeof failThing>) {
    return behaviour.fail[params.how]?.() as { fine: true };
  }

  @Serves(watchThing)
  watch(input: ServedInput<typeof watchThing>) {
    return behaviour.watch(input);
  }
}

@Module({ controllers: [ThingController] })
export class ThingModule {}

export const HOLDER = HolderId.generate();
export const SOME_RUN = RunId.generate();

export interface Signer {
  readonly key: KeyObject;
  readonly kid: string;
  readonly alg: 'EdDSA' | 'ES256';
  readonly publicJwk: object;
}

export function newSigner(kid: string, alg: Signer['alg'] = 'EdDSA'): Signer {
  const { privateKey, publicKey } = alg === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { key: privateKey, kid, alg, publicJwk: { ...publicKey.export({ format: 'jwk' }), kid } };
}

/** A token that is right in all but what is told. */
export function tokenOf(signer: Signer, claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}): string {
  const now = Math.floor(Date.now() / 1_000);
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const whole = {
    iss: DEVELOPMENT_ISSUER,
    sub: HOLDER,
    aud: 'parser',
    iat: now,
    exp: now + 60,
    jti: 'jti-1',
    client_id: 'phone',
    scope: 'things:read things:write',
    ...claims,
  };
  const signed = `${encode({ alg: signer.alg, kid: signer.kid, typ: INTERNAL_TOKEN_TYP, ...header })}.${encode(whole)}`;
  const algorithm = signer.alg === 'EdDSA' ? null : 'sha256';
  return `${signed}.${sign(algorithm, Buffer.from(signed), { key: signer.key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

export interface Door {
  readonly service: RunningService;
  readonly signer: Signer;
  readonly dir: string;
  readonly jwksFile: string;
  /** Lines that were logged, as text. */
  readonly logged: string[];
  token(claims?: Record<string, unknown>): string;
  close(): Promise<void>;
}

/** Opens the door of `ThingModule` on a free port. */
export async function openDoor(
  options: Partial<Omit<StartOptions, 'config' | 'module'>> & { config?: Partial<HttpConfig>; module?: Type | DynamicModule } = {},
): Promise<Door> {
  const dir = mkdtempSync(join(tmpdir(), 'enishi-http-'));
  const signer = newSigner('key-1');
  const jwksFile = join(dir, 'jwks.json');
  writeFileSync(jwksFile, JSON.stringify({ keys: [signer.publicJwk] }));
  const logged: string[] = [];
  const log: Logger = createLogger('parser', 'debug', { write: (line) => logged.push(line) });
  const service = await start({
    service: 'parser',
    module: ThingModule,
    routes: THING_ROUTES,
    signals: false,
    log,
    ...options,
    config: {
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: 0,
      INTERNAL_JWKS_FILE: jwksFile,
      INTERNAL_ISSUER: DEVELOPMENT_ISSUER,
      INTERNAL_TOKEN_MAX_SECONDS: 60,
      LOG_LEVEL: 'debug',
      ...options.config,
    },
  });
  return {
    service,
    signer,
    dir,
    jwksFile,
    logged,
    token: (claims) => tokenOf(signer, claims),
    close: async () => {
      await service.stop();
      rmSync(dir, { recursive: true });
    },
  };
}
