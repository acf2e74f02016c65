import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CompactEncrypt, importJWK } from 'jose';
import { generateSealingKey, open, packResult, seal, unpackResult } from './index.js';

const key = generateSealingKey();
const other = generateSealingKey();
const refused = expect.objectContaining({ code: expect.stringMatching(/^crypto\.(malformed|cannot_open)$/) });

describe('a sealed message', () => {
  it('comes back byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async (bytes) => {
        expect(Buffer.compare(await open(await seal(bytes, key.publicJwk), key.privateJwk), Buffer.from(bytes))).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('comes back at the largest size that an answer may have', async () => {
    const bytes = Buffer.alloc(2_097_152, 0x81);
    expect(Buffer.compare(await open(await seal(bytes, key.publicJwk), key.privateJwk), bytes)).toBe(0);
  });

  it('A7 is refused when any one bit of any part is turned', async () => {
    const parts = (await seal('balance', key.publicJwk)).split('.');
    const places = parts.flatMap((part, index) =>
      Array.from({ length: Buffer.from(part, 'base64url').length * 8 }, (_, bit) => ({ index, bit })),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), async ({ index, bit }) => {
        const bytes = Buffer.from(parts[index] ?? '', 'base64url');
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        await expect(open(parts.with(index, bytes.toString('base64url')).join('.'), key.privateJwk)).rejects.toEqual(refused);
      }),
      { numRuns: 400 },
    );
  });

  it('is refused when any one character is another one', async () => {
    const jwe = await seal('balance', key.publicJwk);
    await fc.assert(
      fc.asyncProperty(fc.nat(jwe.length - 1), fc.constantFrom('A', 'B', 'z', '0', '-', '_', '.', '=', '/'), async (at, character) => {
        fc.pre(jwe[at] !== character);
        await expect(open(jwe.slice(0, at) + character + jwe.slice(at + 1), key.privateJwk)).rejects.toEqual(refused);
      }),
      { numRuns: 400 },
    );
  });

  it('A7 cannot be opened with another key', async () => {
    await expect(open(await seal('x', key.publicJwk), other.privateJwk)).rejects.toEqual(
      expect.objectContaining({ code: 'crypto.cannot_open' }),
    );
  });

  it('is refused when made with an algorithm or a header that seal does not use', async () => {
    const recipient = await importJWK({ ...key.publicJwk }, 'ECDH-ES');
    const wrapped = await new CompactEncrypt(Buffer.from('x'))
      .setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM' })
      .encrypt(recipient);
    const cbc = await new CompactEncrypt(Buffer.from('x')).setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256CBC-HS512' }).encrypt(recipient);
    const typed = await new CompactEncrypt(Buffer.from('x'))
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', typ: 'x' })
      .encrypt(recipient);
    for (const jwe of [wrapped, cbc, typed])
      await expect(open(jwe, key.privateJwk)).rejects.toEqual(expect.objectContaining({ code: 'crypto.malformed' }));
  });
});

describe('a result package', () => {
  it('A2 gives the body back byte for byte, line feeds and all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (body) => {
        const unpacked = unpackResult(packResult('aaa.bbb.ccc', body));
        expect(unpacked.resultJws).toBe('aaa.bbb.ccc');
        expect(Buffer.compare(unpacked.body, Buffer.from(body))).toBe(0);
      }),
    );
  });

  it('is refused without a line feed', () => {
    expect(() => unpackResult(Buffer.from('aaa.bbb.ccc'))).toThrow(expect.objectContaining({ code: 'crypto.malformed' }));
    expect(() => unpackResult(Buffer.from('\nbody'))).toThrow(expect.objectContaining({ code: 'crypto.malformed' }));
  });
});
