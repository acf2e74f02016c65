import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import {
  certifyKey,
  createRoot,
  generateSealingKey,
  generateSigningKey,
  KEY_TYP,
  sign,
  thumbprintOfRoot,
  verifyCertified,
  verifyKey,
  verifyOwnRoot,
  verifyRoot,
} from './index.js';

const root = createRoot({ development: true });
const stranger = createRoot({ development: true });
const trusted = verifyRoot(root.statement, thumbprintOfRoot(root.statement));
const orderKey = generateSigningKey();
const resultKey = generateSealingKey();
const now = Math.floor(Date.now() / 1000);
const certified = (use: 'order' | 'connector') => certifyKey(root.privateJwk, { use, jwk: orderKey.publicJwk, validForSeconds: 3_600 });

describe('the root', () => {
  it('is accepted under its thumbprint, and refused with root_wrong under another', () => {
    expect(trusted.development).toBe(true);
    expect(() => verifyRoot(stranger.statement, thumbprintOfRoot(root.statement))).toThrow(
      expect.objectContaining({ code: 'crypto.root_wrong' }),
    );
  });

  it('is refused when it is not signed by the key that it names', () => {
    const forged = sign({ ...trusted }, stranger.privateJwk, { typ: 'enishi-root+jwt' });
    expect(() => verifyOwnRoot(forged)).toThrow(expect.objectContaining({ code: 'crypto.signature_wrong' }));
    expect(() => verifyRoot(forged, thumbprintOfRoot(forged))).toThrow(expect.objectContaining({ code: 'crypto.signature_wrong' }));
  });
});

describe('a key statement', () => {
  it('lets a key do what it was certified for', () => {
    expect(verifyKey(certified('order'), trusted, 'order', now).jwk).toEqual(orderKey.publicJwk);
    const sealing = certifyKey(root.privateJwk, { use: 'result', jwk: resultKey.publicJwk, validForSeconds: 60 });
    expect(verifyKey(sealing, trusted, 'result', now).jwk).toEqual(resultKey.publicJwk);
  });

  it('A3 is refused for any other use', () => {
    const code = expect.objectContaining({ code: 'crypto.key_not_certified' });
    expect(() => verifyKey(certified('connector'), trusted, 'order', now)).toThrow(code);
    expect(() => verifyKey(certified('order'), trusted, 'connector', now)).toThrow(code);
    expect(() => verifyKey(certified('order'), trusted, 'result', now)).toThrow(code);
  });

  it('is refused when another root signed it, or when it is another kind of statement', () => {
    const code = expect.objectContaining({ code: 'crypto.key_not_certified' });
    const foreign = certifyKey(stranger.privateJwk, { use: 'order', jwk: orderKey.publicJwk, validForSeconds: 60 });
    expect(() => verifyKey(foreign, trusted, 'order', now)).toThrow(code);
    const otherKind = sign({ use: 'order', jwk: orderKey.publicJwk, iat: now, exp: now + 60 }, root.privateJwk, {
      typ: 'enishi-order+jwt',
    });
    expect(() => verifyKey(otherKind, trusted, 'order', now)).toThrow(code);
    expect(() => verifyKey('garbage', trusted, 'order', now)).toThrow(code);
  });

  it('is refused before its time and from its end on, to the second', () => {
    const statement = sign({ use: 'order', jwk: orderKey.publicJwk, iat: now, exp: now + 60 }, root.privateJwk, { typ: KEY_TYP });
    const expired = expect.objectContaining({ code: 'crypto.key_expired' });
    expect(verifyKey(statement, trusted, 'order', now + 59).exp).toBe(now + 60);
    expect(() => verifyKey(statement, trusted, 'order', now + 60)).toThrow(expired);
    expect(verifyKey(statement, trusted, 'order', now - 300).exp).toBe(now + 60);
    expect(() => verifyKey(statement, trusted, 'order', now - 301)).toThrow(expired);
  });

  it('cannot certify a key of the wrong curve', () => {
    expect(() => certifyKey(root.privateJwk, { use: 'order', jwk: resultKey.publicJwk, validForSeconds: 60 })).toThrow(
      expect.objectContaining({ code: 'crypto.malformed' }),
    );
    const signed = sign({ use: 'order', jwk: resultKey.publicJwk, iat: now, exp: now + 60 }, root.privateJwk, { typ: KEY_TYP });
    expect(() => verifyKey(signed, trusted, 'order', now)).toThrow(expect.objectContaining({ code: 'crypto.key_not_certified' }));
  });
});

describe('a statement signed by a certified key', () => {
  const schema = z.strictObject({ n: z.number() });
  const read = (jws: string, use: 'order' | 'connector' = 'order') =>
    verifyCertified(jws, trusted, { use, typ: 'enishi-order+jwt', schema, nowSeconds: now });

  it('is read by way of the key statement in its header', () => {
    const jws = sign({ n: 1 }, orderKey.privateJwk, { typ: 'enishi-order+jwt', header: { key: certified('order') } });
    expect(read(jws).payload).toEqual({ n: 1 });
  });

  it('is refused without a statement, with one of another use, and when the certified key did not sign', () => {
    const bare = sign({ n: 1 }, orderKey.privateJwk, { typ: 'enishi-order+jwt' });
    expect(() => read(bare)).toThrow(expect.objectContaining({ code: 'crypto.key_not_certified' }));
    const wrongUse = sign({ n: 1 }, orderKey.privateJwk, { typ: 'enishi-order+jwt', header: { key: certified('connector') } });
    expect(() => read(wrongUse)).toThrow(expect.objectContaining({ code: 'crypto.key_not_certified' }));
    const borrowed = sign({ n: 1 }, generateSigningKey().privateJwk, { typ: 'enishi-order+jwt', header: { key: certified('order') } });
    expect(() => read(borrowed)).toThrow(expect.objectContaining({ code: 'crypto.signature_wrong' }));
  });
});
