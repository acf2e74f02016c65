import { runEnded } from '@enishi/contracts';
import { AppError, platformError } from '@enishi/errors';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { MAX_PAYLOAD_BYTES } from './limits.js';
import { decodeBody, encodeBody, errorOfReply, errorReply, HEADER, headersOf } from './wire.js';

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return error instanceof AppError ? error.code : String(error);
  }
  return 'accepted';
};

describe('a body', () => {
  it('comes out as it went in', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(decodeBody(encodeBody(value, 'input'), z.unknown(), 'input')).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('of any bytes is read or refused with a code, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(codeOf(() => decodeBody(bytes, runEnded.payload, 'payload'))).toBe('platform.input_not_valid');
      }),
    );
  });

  it('over the limit of the bus is refused before it is sent, and one that fits it goes', () => {
    expect(codeOf(() => encodeBody('x'.repeat(MAX_PAYLOAD_BYTES), 'input'))).toBe('platform.too_large');
    expect(codeOf(() => encodeBody('x'.repeat(MAX_PAYLOAD_BYTES - 20_000), 'input'))).toBe('accepted');
  });
});

describe('an error in a reply', () => {
  it('comes out with code, kind, message and place; its cause stays', () => {
    const { body, headers } = errorReply(platformError('not_available', 'Words.', { place: 'input.x', cause: new Error('private') }));
    expect(errorOfReply({ data: body, headers })).toMatchObject({
      code: 'platform.not_available',
      kind: 'busy',
      message: 'Words.',
      place: 'input.x',
    });
    expect(new TextDecoder().decode(body)).not.toContain('private');
  });

  it('that cannot be read is platform.broken', () => {
    const headers = headersOf({ [HEADER.error]: 'x.y' });
    for (const text of ['', '{', '{}', '{"code":"x"}', '[]'])
      expect(errorOfReply({ data: new TextEncoder().encode(text), headers })?.code).toBe('platform.broken');
  });

  it('is there only when the header says so', () => {
    expect(errorOfReply({ data: errorReply(platformError('broken', 'x')).body })).toBeUndefined();
  });
});

it('no value can forge another header', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('\r\n', '\n', '\r'), (text, end) => {
      const made = headersOf({ [HEADER.deadMessage]: `a${text}${end}${HEADER.onlyFor}: parser` });
      expect(made.has(HEADER.onlyFor)).toBe(false);
      expect(made.get(HEADER.deadMessage)).not.toMatch(/[\r\n]/);
    }),
  );
});
