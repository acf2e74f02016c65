import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openAtRest, sameSecret, sealAtRest } from './index.js';

const key = randomBytes(32);

describe('bytes sealed at rest', () => {
  it('come back under the same key and the same place', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.string(), (bytes, aad) => {
        expect(Buffer.compare(openAtRest(key, sealAtRest(key, bytes, aad), aad), Buffer.from(bytes))).toBe(0);
      }),
    );
  });

  it('are refused when any bit is turned, at another place, and under another key', () => {
    const sealed = sealAtRest(key, Buffer.from('secret'), 'vault');
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const turned = Buffer.from(sealed);
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => openAtRest(key, turned, 'vault')).toThrow(expect.objectContaining({ code: expect.stringMatching(/^crypto\./) }));
    }
    expect(() => openAtRest(key, sealed, 'jar')).toThrow(expect.objectContaining({ code: 'crypto.cannot_open' }));
    expect(() => openAtRest(randomBytes(32), sealed, 'vault')).toThrow(expect.objectContaining({ code: 'crypto.cannot_open' }));
    expect(() => openAtRest(key, sealed.subarray(0, 20), 'vault')).toThrow(expect.objectContaining({ code: 'crypto.malformed' }));
  });

  it('are never the same twice', () => {
    expect(sealAtRest(key, Buffer.from('x'), 'a').equals(sealAtRest(key, Buffer.from('x'), 'a'))).toBe(false);
  });
});

describe('comparing secrets', () => {
  it('tells equal from unequal, also of different length', () => {
    expect(sameSecret('abc', 'abc')).toBe(true);
    expect(sameSecret('abc', 'abd')).toBe(false);
    expect(sameSecret('abc', 'abcd')).toBe(false);
  });
});
