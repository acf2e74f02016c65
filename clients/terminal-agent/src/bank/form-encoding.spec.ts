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

/** The bytes that the standard's encoder writes for each character (WHATWG Encoding §12.2.2 and §12.3.2), by its pointers. */
function standardTable(charset: 'shift_jis' | 'euc-jp'): Map<string, number[]> {
  const decoder = new TextDecoder(charset, { fatal: true });
  const table = new Map<string, number[]>();
  for (let byte = 0; byte < 0x80; byte++) table.set(String.fromCharCode(byte), [byte]);
  table.set('¥', [0x5c]).set('‾', [0x7e]);
  for (let offset = 0; offset < 63; offset++)
    table.set(String.fromCharCode(0xff61 + offset), charset === 'shift_jis' ? [0xa1 + offset] : [0x8e, 0xa1 + offset]);
  const place = (pointer: number): number[] => {
    if (charset === 'euc-jp') return [Math.floor(pointer / 94) + 0xa1, (pointer % 94) + 0xa1];
    const [lead, trail] = [Math.floor(pointer / 188), pointer % 188];
    return [lead + (lead < 0x1f ? 0x81 : 0xc1), trail + (trail < 0x3f ? 0x40 : 0x41)];
  };
  for (let pointer = 0; pointer < (charset === 'euc-jp' ? 94 * 94 : 11_280); pointer++) {
    // Not written: what stands twice, and from 8836 on what is for private use.
    if (charset === 'shift_jis' && pointer >= 8_272 && pointer <= 10_715) continue;
    try {
      const character = decoder.decode(Uint8Array.from(place(pointer)));
      if (!table.has(character)) table.set(character, place(pointer));
    } catch {
      // Nothing stands at this pointer.
    }
  }
  return table.set('−', table.get('－') ?? []);
}

describe('a form in the charset of the bank', () => {
  it.each(['shift_jis', 'euc-jp'] as const)('A2 is written as browsers write it, character by character, or not at all: %s', (charset) => {
    const table = standardTable(charset);
    // Byte by byte: one that is a plain character stands for itself, also as the second half of another.
    const written = (byte: number): string => {
      const character = String.fromCharCode(byte);
      if (/[A-Za-z0-9*._-]/.test(character)) return character;
      return byte === 0x20 ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    };
    const wrong: string[] = [];
    for (let unit = 0; unit <= 0xffff; unit++) {
      const character = String.fromCharCode(unit);
      if (encodeFormText(character, charset) !== table.get(character)?.map(written).join('')) wrong.push(unit.toString(16));
    }
    expect(wrong).toEqual([]);
    expect(table.size).toBe(7_520);
  });

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
    ['～', '%81%60'],
    ['∥', '%81a'],
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
