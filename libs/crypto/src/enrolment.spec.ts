import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  createEnrolmentCode,
  enrolmentMac,
  generateSealingKey,
  generateSigningKey,
  parseEnrolmentCode,
  randomToken,
  sha256,
} from './index.js';

const root = sha256('a root');

describe('an enrolment code', () => {
  it('A9 carries the code id, the secret and the thumbprint of the root', () => {
    const made = createEnrolmentCode(root);
    expect(made.code).toMatch(/^enishi_ec_[\w-]{91}$/);
    const { codeId, secret, rootThumbprint } = made;
    expect(parseEnrolmentCode(` ${made.code}\n`)).toEqual({ codeId, secret, rootThumbprint });
    expect(codeId).toHaveLength(16);
    expect(rootThumbprint).toBe(root);
  });

  it('A9 is refused when any one character of it is another one', () => {
    const { code } = createEnrolmentCode(root);
    fc.assert(
      fc.property(fc.nat(code.length - 1), fc.constantFrom(...'ABCXYZabcxyz0189-_=+ .'.split('')), (at, character) => {
        fc.pre(code[at] !== character);
        const changed = code.slice(0, at) + character + code.slice(at + 1);
        // A blank at either end is cut off, as after pasting; what is left is too short.
        expect(() => parseEnrolmentCode(changed)).toThrow(expect.objectContaining({ code: 'crypto.malformed', place: 'enrolment code' }));
      }),
      { numRuns: 1_000 },
    );
  });

  it('is refused when it is cut, doubled or something else; the code is not repeated in the message', () => {
    const { code } = createEnrolmentCode(root);
    for (const wrong of ['', 'enishi_ec_', code.slice(0, -1), code + code, code.replace('enishi_ec_', 'enishi_at_'), `${code}A`])
      expect(() => parseEnrolmentCode(wrong)).toThrow(expect.objectContaining({ message: expect.not.stringContaining(code.slice(12)) }));
  });
});

describe('the MAC of an enrolment', () => {
  const { codeId, secret } = createEnrolmentCode(root);
  const keys = { signing: generateSigningKey().publicJwk, sealing: generateSealingKey().publicJwk };
  const request = { codeId, keys, nonce: randomToken(32) };
  const mac = enrolmentMac(secret, request, root);

  it('is the same for the same request', () => {
    expect(mac).toMatch(/^[\w-]{43}$/);
    expect(enrolmentMac(secret, structuredClone(request), root)).toBe(mac);
  });

  it('A9 is another one when a key, the nonce, the code, the root or the secret is another one', () => {
    const changed = [
      enrolmentMac(secret, { ...request, keys: { ...keys, signing: generateSigningKey().publicJwk } }, root),
      enrolmentMac(secret, { ...request, keys: { ...keys, sealing: generateSealingKey().publicJwk } }, root),
      enrolmentMac(secret, { ...request, nonce: randomToken(32) }, root),
      enrolmentMac(secret, { ...request, codeId: randomToken(12) }, root),
      enrolmentMac(secret, request, sha256('another root')),
      enrolmentMac(randomToken(20), request, root),
    ];
    expect(new Set([mac, ...changed]).size).toBe(7);
  });
});
