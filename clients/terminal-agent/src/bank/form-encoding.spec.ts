import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeFormText } from './form-encoding.js';

/** What a server reads: percent-decoding to bytes, then the charset. */
function read(encoded: string, charset: string): string {
  const bytes = encoded
    .replaceAll('+', ' ')
    .replace(/%([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return new TextDecoder(charset).decode(Buffer.from(bytes, 'latin1'));
}
const japanese = fc.string({
  unit: fc.constantFrom(...'あいうアイウヴヶ漢字口座表十能①㈱纊Ａ１ｱｲﾞ。、・～ー－ !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~aZ09'.split('')),
  maxLength: 40,
});

describe('a form in the charset of the bank', () => {
  it.each(['shift_jis', 'euc-jp', 'utf-8'] as const)('A2 is read by the bank as it was meant: %s', (charset) => {
    fc.assert(
      fc.property(japanese, (text) => {
        const encoded = encodeFormText(text, charset);
        expect(encoded).toMatch(/^[A-Za-z0-9*\-._+%]*$/);
        expect(read(encoded ?? '', charset)).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['表', '%95%5C'], // its second byte is a backslash
    ['能', '%94%5C'],
    ['ソ', '%83%5C'],
    ['ｱ', '%B1'],
    ['①', '%87%40'], // the NEC place, as browsers write it
    ['∵', '%81%E6'],
    ['纊', '%FA%5C'], // the IBM place, not the NEC-selected one
    ['¥', '%5C'],
    ['−', '%81%7C'],
    ['a b&c=d', 'a+b%26c%3Dd'],
  ])('writes %s in Shift_JIS as browsers do', (text, encoded) => {
    expect(encodeFormText(text, 'shift_jis')).toBe(encoded);
  });

  it.each(['😀', '한', 'é', '\ufffd', '\ud800'])(
    'says of %j that it cannot be written in Shift_JIS, instead of sending something else',
    (text) => {
      expect(encodeFormText(`a${text}`, 'shift_jis')).toBeUndefined();
    },
  );
});
