import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { generateSealingKey, generateSigningKey, isWeakKey } from './index.js';

const P = 2n ** 255n - 19n;
const x = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse().toString('base64url');
const sealing = (value: bigint) => ({ kty: 'OKP', crv: 'X25519', x: x(value) }) as const;
const signing = (value: bigint) => ({ kty: 'OKP', crv: 'Ed25519', x: x(value) }) as const;
const TOP = 2n ** 255n;
/** All numbers of 256 bits that are read as this one: the topmost bit is passed over (or is a sign), the rest is taken modulo P. */
const encodings = (value: bigint) => [value, value + P].filter((number) => number < TOP).flatMap((number) => [number, number + TOP]);

/** u coordinates of order 8 (https://cr.yp.to/ecdh.html, "validate"). */
const U8 = [
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
];
/** The same points on the other curve: y = (u - 1) / (u + 1). */
const Y8 = [
  55188659117513257062467267217118295137698188065244968500265048394206261417927n,
  2707385501144840649318225287225658788936804267575313519463743609750303402022n,
];

describe('a key without a secret', () => {
  const lowU = [0n, 1n, P - 1n, ...U8];
  it.each(lowU.flatMap(encodings))('A9 is found: X25519 with u = %s', (u) => {
    expect(isWeakKey(sealing(u))).toBe(true);
  });

  const lowY = [0n, 1n, P - 1n, ...Y8];
  it.each(lowY.flatMap(encodings))('A9 is found: Ed25519 with y = %s', (y) => {
    expect(isWeakKey(signing(y))).toBe(true);
  });
});

describe('a key that was made as keys are', () => {
  it('is not taken for a weak one', () => {
    for (let count = 0; count < 200; count++) {
      expect(isWeakKey(generateSealingKey().publicJwk)).toBe(false);
      expect(isWeakKey(generateSigningKey().publicJwk)).toBe(false);
    }
  });

  it('is judged by its value and not by how it is written', () => {
    for (let value = 2n; value < 19n; value++)
      for (const key of [signing, sealing]) expect([value, isWeakKey(key(value + P))]).toEqual([value, isWeakKey(key(value))]);
  });

  it('is judged without an error whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.constantFrom('X25519' as const, 'Ed25519' as const), (bytes, crv) => {
        const jwk = { kty: 'OKP', crv, x: Buffer.from(bytes).toString('base64url') } as Parameters<typeof isWeakKey>[0];
        expect(typeof isWeakKey(jwk)).toBe('boolean');
      }),
      { numRuns: 300 },
    );
  });
});
