import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeBody } from './decode-body.js';

const LIMIT = 2_000;
const failing = (outcome: string) => expect.objectContaining({ outcome, phase: 'sent' });

describe('a Content-Encoding that nobody asked for', () => {
  it('A2 is taken off: the body comes out byte for byte', async () => {
    const encoders = { gzip: gzipSync, 'x-gzip': gzipSync, ' GZIP ': gzipSync, deflate: deflateSync, br: brotliCompressSync };
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: LIMIT }),
        fc.constantFrom(...Object.entries(encoders)),
        async (bytes, [coding, encode]) => {
          expect(Buffer.compare(await decodeBody(encode(bytes), coding, LIMIT), bytes)).toBe(0);
        },
      ),
    );
    const page = Buffer.from('<p>x</p>'.repeat(50));
    expect(await decodeBody(deflateRawSync(page), 'deflate', LIMIT)).toEqual(page);
  });

  it.each([undefined, '', 'identity', 'Identity '])('A2 %p is none: the body is not touched', async (coding) => {
    const body = gzipSync('a file that is packed by itself');
    expect(await decodeBody(body, coding, LIMIT)).toBe(body);
  });

  it('A2 a body without bytes has nothing to take off', async () => {
    expect(await decodeBody(Buffer.alloc(0), 'gzip', LIMIT)).toHaveLength(0);
  });

  it('A2 is unpacked up to the limit of the order and no further: RESPONSE_TOO_LARGE', async () => {
    expect(await decodeBody(gzipSync(Buffer.alloc(LIMIT)), 'gzip', LIMIT)).toHaveLength(LIMIT);
    for (const [coding, encode] of Object.entries({ gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync }))
      for (const size of [LIMIT + 1, 50_000_000])
        await expect(decodeBody(encode(Buffer.alloc(size)), coding, LIMIT)).rejects.toEqual(failing('RESPONSE_TOO_LARGE'));
  });

  it('A2 that is not known, or several on top of each other, is SITE_CHANGED; the body is not passed on as if it were text', async () => {
    for (const coding of ['zstd', 'compress', 'gzip, gzip', 'toString', '口座'])
      await expect(decodeBody(Buffer.from('x'), coding, LIMIT)).rejects.toEqual(failing('SITE_CHANGED'));
  });

  it('A2 a body that is torn, or not of its coding, is BANK_DOWN', async () => {
    const torn = gzipSync('a page that is long enough').subarray(0, -3);
    for (const body of [torn, Buffer.from('<h1>plain</h1>')])
      for (const coding of ['gzip', 'deflate', 'br']) await expect(decodeBody(body, coding, LIMIT)).rejects.toEqual(failing('BANK_DOWN'));
  });
});
