import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  agentHash,
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

  const agent = { name: 'enishi-agent', version: '0.1.0', platform: 'linux-x64', hostname: 'KEIRI-PC', capabilities: ['a', 'b'] };
  const second = { ...request, v: 2, agent } as const;
  const secondMac = enrolmentMac(secret, second, root);

  it('A9 v2 is over all that v1 is over, and over what the agent says of itself', () => {
    const changed = [
      mac,
      enrolmentMac(secret, { ...second, keys: { ...keys, signing: generateSigningKey().publicJwk } }, root),
      enrolmentMac(secret, { ...second, keys: { ...keys, sealing: generateSealingKey().publicJwk } }, root),
      enrolmentMac(secret, { ...second, nonce: randomToken(32) }, root),
      enrolmentMac(secret, { ...second, codeId: randomToken(12) }, root),
      enrolmentMac(secret, second, sha256('another root')),
      enrolmentMac(randomToken(20), second, root),
      ...(['name', 'version', 'platform', 'hostname'] as const).map((field) =>
        enrolmentMac(secret, { ...second, agent: { ...agent, [field]: 'another' } }, root),
      ),
      ...[[], ['a'], ['b', 'a'], ['ab'], ['a,b']].map((capabilities) =>
        enrolmentMac(secret, { ...second, agent: { ...agent, capabilities } }, root),
      ),
    ];
    expect(new Set([secondMac, ...changed]).size).toBe(1 + changed.length);
  });

  it('A9 v2 takes no text of one field for one of the next, whatever stands in them', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '[', ']', '\\', '\ud800'), maxLength: 4 });
    const said = fc.record({ name: text, version: text, platform: text, hostname: text, capabilities: fc.array(text, { maxLength: 3 }) });
    fc.assert(
      fc.property(said, said, (one, other) => {
        const same = JSON.stringify(Object.values(one)) === JSON.stringify(Object.values(other));
        expect(agentHash(one) === agentHash(other)).toBe(same);
      }),
      { numRuns: 500 },
    );
  });
});
