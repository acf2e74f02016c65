import { writeFileSync } from 'node:fs';
import { DEVELOPMENT_ISSUER } from '@enishi/contracts';
import { generateSigningKey, jwkThumbprint, signInternalToken } from '@enishi/crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { type Door, HOLDER, newSigner, openDoor, tokenOf } from '../test/door.fixture.js';
import { callerOf } from './caller.js';
import { InternalTokenGuard } from './guard.js';
import type { InternalTokens } from './internal-token.js';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());

async function ask(
  token: string | undefined,
  authorization?: string,
): Promise<{ status: number; problem: Record<string, unknown>; challenge: string | null }> {
  const header = authorization ?? (token === undefined ? undefined : `Bearer ${token}`);
  const response = await fetch(`${door.service.url}/v1/things/abc?limit=7`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', ...(header === undefined ? {} : { authorization: header }) },
    body: JSON.stringify({ label: 'x' }),
  });
  return {
    status: response.status,
    problem: (await response.json()) as Record<string, unknown>,
    challenge: response.headers.get('www-authenticate'),
  };
}

const now = () => Math.floor(Date.now() / 1_000);

describe('the internal-token guard', () => {
  it('lets in a token with the scope, and tells the handler whose it is and who asks', async () => {
    const { status, problem } = await ask(door.token());
    expect(status).toBe(200);
    expect(problem).toEqual({ thingId: 'abc', limit: 7, label: 'x', holder: HOLDER, client: 'phone' });
  });

  it('lets in a token that signInternalToken of @enishi/crypto makes', async () => {
    const { publicJwk, privateJwk } = generateSigningKey();
    const other = await openDoor();
    writeFileSync(other.jwksFile, JSON.stringify({ keys: [{ ...publicJwk, kid: jwkThumbprint(publicJwk) }] }));
    const again = await openDoor({ config: { INTERNAL_JWKS_FILE: other.jwksFile } });
    const token = signInternalToken(privateJwk, {
      iss: DEVELOPMENT_ISSUER,
      sub: HOLDER,
      aud: 'parser',
      iat: now(),
      exp: now() + 60,
      jti: 'one',
      client_id: 'phone',
      scope: 'things:write',
    });
    const response = await fetch(`${again.service.url}/v1/things/abc`, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } });
    expect(response.status).toBe(204);
    await again.close();
    await other.close();
  });

  it('refuses a missing token with 401 and a bare challenge', async () => {
    expect(await ask(undefined)).toMatchObject({
      status: 401,
      challenge: 'Bearer',
      problem: { code: 'platform.token_not_valid', place: 'header.authorization', detail: 'The internal token is missing.' },
    });
  });

  const refusals: [string, () => string, string][] = [
    ['another typ', () => tokenOf(door.signer, {}, { typ: 'at+jwt' }), 'is of another type'],
    ['no typ', () => tokenOf(door.signer, {}, { typ: undefined }), 'is of another type'],
    ['another audience', () => door.token({ aud: 'command-dispatcher' }), 'is for another service'],
    [
      'a list of audiences',
      () => door.token({ aud: ['parser', 'command-dispatcher'] }),
      'lacks a claim that is needed, or has one of another form',
    ],
    ['another issuer', () => door.token({ iss: 'https://elsewhere.invalid' }), 'is from another issuer'],
    ['an expiry that is past', () => door.token({ iat: now() - 70, exp: now() - 10 }), 'has expired'],
    ['too long a life', () => door.token({ exp: now() + 61 }), 'lives longer than 60 s'],
    ['an expiry before its issue', () => door.token({ iat: now() + 4, exp: now() + 3 }), 'lives longer than 60 s'],
    ['an issue in the future', () => door.token({ iat: now() + 30, exp: now() + 60 }), 'was issued in the future'],
    ['no expiry', () => door.token({ exp: undefined }), 'lacks a claim that is needed, or has one of another form'],
    ['no issue time', () => door.token({ iat: undefined }), 'lacks a claim that is needed, or has one of another form'],
    ['a subject that is no holder', () => door.token({ sub: 'alice' }), 'lacks a claim that is needed, or has one of another form'],
    ['no client', () => door.token({ client_id: undefined }), 'lacks a claim that is needed, or has one of another form'],
    ['a wrong key of the same name', () => tokenOf(newSigner('key-1')), 'is not signed by a key that is known here'],
    ['a key that is not in the set', () => tokenOf(newSigner('key-2')), 'is not signed by a key that is known here'],
    [
      'a key of the header’s own',
      () => tokenOf(newSigner('key-1'), {}, { jwk: newSigner('key-1').publicJwk }),
      'is not signed by a key that is known here',
    ],
    [
      'a changed payload',
      () => door.token().replace(/\.[^.]+\./, `.${Buffer.from('{}').toString('base64url')}.`),
      'is not signed by a key that is known here',
    ],
    [
      'no signature (alg none)',
      () => `${Buffer.from('{"alg":"none","typ":"enishi-internal+jwt"}').toString('base64url')}.e30.`,
      'is signed by an algorithm that is not allowed',
    ],
    ['a symmetric algorithm', () => tokenOf(door.signer, {}, { alg: 'HS256' }), 'is signed by an algorithm that is not allowed'],
    ['more than 4,096 characters', () => `${door.token()}${'x'.repeat(4_096)}`, 'is too long'],
    ['no form at all', () => 'x', 'cannot be read'],
  ];
  it.each(refusals)('refuses a token with %s', async (_, token, reason) => {
    const answer = await ask(token());
    expect(answer).toMatchObject({
      status: 401,
      challenge: 'Bearer error="invalid_token"',
      problem: { code: 'platform.token_not_valid', detail: `The internal token ${reason}.` },
    });
  });

  it('refuses another scheme', async () => {
    for (const header of ['Basic YTpi', `Digest Bearer ${door.token()}`, `Bearer`])
      expect(await ask(undefined, header)).toMatchObject({
        status: 401,
        problem: { code: 'platform.token_not_valid', place: 'header.authorization', detail: 'The internal token cannot be read.' },
      });
    expect(await ask(undefined, `Bearer ${door.token()} ${door.token()}`)).toMatchObject({ status: 401 });
  });

  it('takes the scheme in any letters, and any number of spaces after it', async () => {
    expect(await ask(undefined, `bEARER   ${door.token()}`)).toMatchObject({ status: 200 });
  });

  it('takes a method without @Serves for no door, whoever asks', async () => {
    const guard = new InternalTokenGuard({} as InternalTokens);
    const context = { getHandler: () => () => 'open' } as unknown as ExecutionContext;
    await expect(guard.canActivate(context)).rejects.toMatchObject({ code: 'platform.not_found' });
  });

  it('is not passed by: a handler has no caller unless the guard let one in', () => {
    expect(() => callerOf({} as FastifyRequest)).toThrow('without the guard');
  });

  it('takes no token from query or body', async () => {
    const response = await fetch(`${door.service.url}/v1/things/abc?access_token=${door.token()}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ access_token: door.token() }),
    });
    expect(response.status).toBe(401);
  });

  it('refuses a missing scope with 403, naming it', async () => {
    expect(await ask(door.token({ scope: 'things:read things:writer' }))).toMatchObject({
      status: 403,
      challenge: 'Bearer error="insufficient_scope", scope="things:write"',
      problem: {
        code: 'platform.scope_missing',
        place: 'header.authorization',
        detail: 'The internal token lacks the scope things:write.',
      },
    });
  });

  it('refuses before it looks at the input', async () => {
    const response = await fetch(`${door.service.url}/v1/things/ABC?strange=1`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"wrong":1}',
    });
    expect(response.status).toBe(401);
  });

  it('writes no token into the log', () => {
    expect(door.logged.join('\n')).not.toContain(door.token().split('.')[0] ?? 'none');
    expect(door.logged.join('\n')).not.toMatch(/eyJ/);
  });
});

describe('the keys of internal tokens', () => {
  it('are read again when the file changes, without a restart', async () => {
    const rotated = await openDoor();
    const next = newSigner('key-2', 'ES256');
    const drop = (token: string) =>
      fetch(`${rotated.service.url}/v1/things/a`, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } });
    expect((await drop(tokenOf(next))).status).toBe(401);
    writeFileSync(rotated.jwksFile, JSON.stringify({ keys: [next.publicJwk] }));
    const deadline = Date.now() + 5_000;
    while ((await drop(tokenOf(next))).status !== 204 && Date.now() < deadline);
    expect((await drop(tokenOf(next))).status).toBe(204);
    expect((await drop(rotated.token())).status).toBe(401);
    // A file that cannot be read keeps the keys that were good.
    writeFileSync(rotated.jwksFile, '{"keys":');
    while (!rotated.logged.some((line) => line.includes('cannot be read')) && Date.now() < deadline) await drop(tokenOf(next));
    expect((await drop(tokenOf(next))).status).toBe(204);
    await rotated.close();
  });

  it('must be public: a service that holds a signing key does not start', async () => {
    const { privateJwk } = generateSigningKey();
    const other = await openDoor();
    writeFileSync(other.jwksFile, JSON.stringify({ keys: [privateJwk] }));
    await expect(openDoor({ config: { INTERNAL_JWKS_FILE: other.jwksFile } })).rejects.toThrow('must be a public key');
    await other.close();
  });
});
