import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { decodeHeader, generateSigningKey, readUnverified, sign, verify } from './index.js';

const Payload = z.strictObject({ text: z.string(), count: z.number() });
const key = generateSigningKey();
const other = generateSigningKey();
const TYP = 'enishi-order+jwt';
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const refused = expect.objectContaining({ code: expect.stringMatching(/^crypto\./) });

const payloads = fc.record({ text: fc.string({ unit: 'grapheme', maxLength: 200 }), count: fc.integer() });

describe('a signed statement', () => {
  it('comes back as it was signed, whatever its content', () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        expect(verify(sign(payload, key.privateJwk, { typ: TYP }), key.publicJwk, TYP, Payload).payload).toEqual(payload);
      }),
      { numRuns: 100 },
    );
  });

  it('A7 is refused when any one character of it is another one', () => {
    const jws = sign({ text: 'transfer nothing', count: 1 }, key.privateJwk, { typ: TYP, header: { kid: 'k' } });
    fc.assert(
      fc.property(fc.nat(jws.length - 1), fc.constantFrom(...BASE64URL.split(''), '.', '=', '+', ' ', '\n', 'é'), (at, character) => {
        fc.pre(jws[at] !== character);
        const changed = jws.slice(0, at) + character + jws.slice(at + 1);
        expect(() => verify(changed, key.publicJwk, TYP, Payload)).toThrow(
          expect.objectContaining({ code: expect.stringMatching(/^crypto\./) }),
        );
      }),
      { numRuns: 1_500 },
    );
  });

  it('A7 is refused when any one bit of its bytes is turned', () => {
    const parts = sign({ text: 'x', count: 1 }, key.privateJwk, { typ: TYP }).split('.');
    for (const [part, text] of parts.entries()) {
      const bytes = Buffer.from(text, 'base64url');
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const turned = Buffer.from(bytes);
        turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const changed = parts.with(part, turned.toString('base64url')).join('.');
        expect(() => verify(changed, key.publicJwk, TYP, Payload)).toThrow(
          expect.objectContaining({ code: expect.stringMatching(/^crypto\./) }),
        );
      }
    }
  });

  it('is refused when characters are cut off or put on', () => {
    const jws = sign({ text: 'x', count: 1 }, key.privateJwk, { typ: TYP });
    fc.assert(
      fc.property(fc.nat(jws.length - 1), (length) => {
        expect(() => verify(jws.slice(0, length), key.publicJwk, TYP, Payload)).toThrow(refused);
      }),
    );
    for (const tail of ['A', '=', '.', '.AAAA', '\n']) expect(() => verify(jws + tail, key.publicJwk, TYP, Payload)).toThrow(refused);
  });

  it('is refused with typ_wrong when it is of another kind, before anything else is looked at', () => {
    const jws = sign({ text: 'x', count: 1 }, key.privateJwk, { typ: 'enishi-session+jwt' });
    expect(() => verify(jws, key.publicJwk, TYP, Payload)).toThrow(expect.objectContaining({ code: 'crypto.typ_wrong', place: 'order' }));
    expect(() => readUnverified(jws, TYP, Payload)).toThrow(expect.objectContaining({ code: 'crypto.typ_wrong' }));
  });

  it('is refused with signature_wrong under another key', () => {
    const jws = sign({ text: 'x', count: 1 }, key.privateJwk, { typ: TYP });
    expect(() => verify(jws, other.publicJwk, TYP, Payload)).toThrow(expect.objectContaining({ code: 'crypto.signature_wrong' }));
  });

  it('is refused with payload_not_valid when it is signed but not what was expected; the value is not told', () => {
    const jws = sign({ text: 5, count: 'canary-value' }, key.privateJwk, { typ: TYP });
    const refusal = expect.objectContaining({ code: 'crypto.payload_not_valid', message: expect.not.stringContaining('canary') });
    expect(() => verify(jws, key.publicJwk, TYP, Payload)).toThrow(refusal);
  });

  it.each([
    ['alg none', { alg: 'none', typ: TYP }],
    ['HMAC under the public key', { alg: 'HS256', typ: TYP }],
    ['a critical extension', { alg: 'EdDSA', typ: TYP, crit: ['b64'], b64: false }],
    ['a key of its own', { alg: 'EdDSA', typ: TYP, jwk: key.publicJwk }],
    ['no typ', { alg: 'EdDSA' }],
  ])('is refused when its header says %s', (_name, header) => {
    const [, payload, signature] = sign({ text: 'x', count: 1 }, key.privateJwk, { typ: TYP }).split('.');
    const jws = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}.${signature}`;
    expect(() => verify(jws, key.publicJwk, TYP, Payload)).toThrow(expect.objectContaining({ code: 'crypto.malformed' }));
    expect(() => decodeHeader(jws)).toThrow(expect.objectContaining({ code: 'crypto.malformed' }));
  });

  it('never lets arbitrary text do more than be refused', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        expect(() => verify(text, key.publicJwk, TYP, Payload)).toThrow(expect.objectContaining({ code: 'crypto.malformed' }));
      }),
      { numRuns: 300 },
    );
  });
});
