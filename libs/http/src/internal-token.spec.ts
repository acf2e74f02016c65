import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEVELOPMENT_ISSUER } from '@enishi/contracts';
import { createLogger } from '@enishi/telemetry';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { HOLDER, newSigner, type Signer, tokenOf } from '../test/door.fixture.js';
import { CLOCK_TOLERANCE_SECONDS, InternalTokens, MAX_TOKEN_CHARS } from './internal-token.js';

const NOW = 1_800_000_000;
let dir: string;
let jwksFile: string;
let logged: string[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'enishi-token-'));
  jwksFile = join(dir, 'jwks.json');
  logged = [];
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(dir, { recursive: true });
});

const write = (...keys: object[]) => writeFileSync(jwksFile, JSON.stringify({ keys }));
const tokens = () =>
  new InternalTokens(
    { service: 'parser', jwksFile, issuer: DEVELOPMENT_ISSUER, maxSeconds: 60 },
    createLogger('parser', 'debug', { write: (line) => logged.push(line) }),
  );
const at = (signer: Signer, claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
  tokenOf(signer, { iat: NOW, exp: NOW + 60, ...claims }, header);
const refused = (reason: RegExp | string = /./) =>
  expect.objectContaining({
    code: 'platform.token_not_valid',
    place: 'header.authorization',
    message: expect.stringMatching(reason),
  });

describe('A6 an internal token', () => {
  const signer = newSigner('key-1');

  it.each<[string, Record<string, unknown>, Record<string, unknown>, RegExp]>([
    ['lives', { exp: NOW + 60 }, { exp: NOW + 61 }, /lives longer than 60 s/],
    ['begins before it ends', { exp: NOW + 1 }, { exp: NOW }, /lives longer than 60 s/],
    [
      'is from a clock before ours',
      { iat: NOW + CLOCK_TOLERANCE_SECONDS },
      { iat: NOW + CLOCK_TOLERANCE_SECONDS + 1 },
      /issued in the future/,
    ],
    [
      'is over by a clock behind ours',
      { iat: NOW - 60, exp: NOW - CLOCK_TOLERANCE_SECONDS + 1 },
      { iat: NOW - 60, exp: NOW - CLOCK_TOLERANCE_SECONDS },
      /has expired/,
    ],
  ])('%s as long as the rules let it, and not a second more', async (_what, last, first, reason) => {
    write(signer.publicJwk);
    await expect(tokens().verify(at(signer, last), NOW)).resolves.toMatchObject({ holderId: HOLDER, clientId: 'phone' });
    await expect(tokens().verify(at(signer, first), NOW)).rejects.toEqual(refused(reason));
  });

  it('has as many characters as the limit, and not one more', async () => {
    write(signer.publicJwk);
    const padded = Array.from({ length: 400 }, (_, more) => at(signer, { padding: 'x'.repeat(2_500 + more) }));
    const longest = padded.findLast((token) => token.length <= MAX_TOKEN_CHARS) ?? '';
    // A byte more of the claims is one or two characters more.
    const tooLong = padded.find((token) => token.length > MAX_TOKEN_CHARS) ?? '';
    expect(longest).toHaveLength(MAX_TOKEN_CHARS);
    await expect(tokens().verify(longest, NOW)).resolves.toMatchObject({ holderId: HOLDER });
    await expect(tokens().verify(tooLong, NOW)).rejects.toEqual(refused(/is too long/));
  });

  it('gives the scopes that it names, and no empty one', async () => {
    write(signer.publicJwk);
    for (const [scope, scopes] of [
      ['', []],
      [' things:read  things:write ', ['things:read', 'things:write']],
    ] as const)
      await expect(tokens().verify(at(signer, { scope }), NOW)).resolves.toEqual({ holderId: HOLDER, clientId: 'phone', scopes });
  });

  it('that two keys might have signed is refused', async () => {
    const nameless = [newSigner('a'), newSigner('b')].map(({ publicJwk }) => ({ ...publicJwk, kid: undefined }));
    write(...nameless);
    await expect(tokens().verify(at(newSigner('a'), {}, { kid: undefined }), NOW)).rejects.toEqual(refused(/not signed by a key/));
  });

  it('that is refused says to our log why, and to the caller nothing of itself', async () => {
    write(signer.publicJwk);
    const error: unknown = await tokens()
      .verify(at(signer, { sub: 'alice' }), NOW)
      .catch((thrown: unknown) => thrown);
    expect(error).toEqual(refused());
    expect(error).toMatchObject({ cause: { issues: [{ path: ['sub'] }] } });
    expect(String(error)).not.toContain('alice');
    await expect(tokens().verify(at(newSigner('key-1')), NOW)).rejects.toMatchObject({
      cause: { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' },
    });
  });
});

describe('the key file', () => {
  it('must hold public keys of a known kind', () => {
    for (const keys of [[{ kty: 'oct', k: 'AAAA' }], [{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }], [{ ...newSigner('a').publicJwk, kid: 7 }]]) {
      write(...keys);
      expect(tokens).toThrow('"path"');
    }
    write({ ...newSigner('a').publicJwk, d: 'AAAA' });
    expect(tokens).toThrow('must be a public key');
    write(...Array.from({ length: 50 }, (_, index) => newSigner(`key-${index}`).publicJwk));
    expect(tokens).not.toThrow();
    write(...Array.from({ length: 51 }, (_, index) => newSigner(`key-${index}`).publicJwk));
    expect(tokens).toThrow('too_big');
  });

  it('is looked at once a second, read when it has changed, and kept as it was when it cannot be read', async () => {
    let millis = 5_000;
    jest.spyOn(performance, 'now').mockImplementation(() => millis);
    const [before, after] = [newSigner('before'), newSigner('after', 'ES256')];
    write(before.publicJwk);
    const known = tokens();
    const takes = (signer: Signer) =>
      known.verify(at(signer), NOW).then(
        () => true,
        () => false,
      );
    millis += 1_000;
    expect([await takes(before), logged]).toEqual([true, []]);

    write(before.publicJwk, after.publicJwk);
    millis += 999;
    expect([await takes(after), logged]).toEqual([false, []]);
    millis += 1;
    expect(await takes(after)).toBe(true);
    millis += 1_000;
    expect(await takes(before)).toBe(true);
    expect(logged.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ level: 'info', file: jwksFile, msg: 'internal token keys were read again' }),
    ]);

    writeFileSync(jwksFile, '{"keys":');
    millis += 1_000;
    expect(await takes(after)).toBe(true);
    expect(JSON.parse(logged[1] ?? '{}')).toMatchObject({
      level: 'error',
      err: { message: expect.stringContaining('JSON') },
      msg: 'internal token keys cannot be read; the ones before stay in force',
    });
  });
});
