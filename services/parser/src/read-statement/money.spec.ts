import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatMoney, parsePrintedAmount } from './money.js';

const read = (text: string) => {
  const money = parsePrintedAmount(text);
  return money && formatMoney(money);
};
const wide = (text: string) => text.replaceAll(/[!-~]/g, (char) => String.fromCodePoint((char.codePointAt(0) as number) + 0xfee0));

describe('A5 an amount as banks print it', () => {
  it.each([
    ['1,234', '1234'],
    ['¥1,234', '1234'],
    ['１，２３４円', '1234'],
    ['▲ 500', '-500'],
    ['－５００', '-500'],
    ['-¥500', '-500'],
    ['12.30', '12.30'],
    ['0', '0'],
  ])('%s', (text, amount) => expect(read(text)).toBe(amount));

  it.each([
    ['the rest of an amount that a comma has cut', '000'],
    ['two numbers with a blank between them', '500 300'],
    ['two amounts of two lines', '5,000 3,000'],
    ['a comma in another place', '1,23'],
    ['a footnote mark', '500①'],
    ['a raised digit', '500²'],
    ['a letter for a digit', '1O0'],
    ['nothing', ''],
  ])('is none: %s', (_what, text) => expect(parsePrintedAmount(text)).toBeNull());

  it('is read to its value in every way of printing it', () => {
    const way = fc.record({
      yen: fc.constantFrom('', '¥', '￥'),
      unit: fc.constantFrom('', '円', ' 円'),
      minus: fc.constantFrom('-', '▲', '△', '−', '－', '▲ '),
      grouped: fc.boolean(),
      wide: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), way, (value, how) => {
        const magnitude = value < 0n ? -value : value;
        const digits = how.grouped ? magnitude.toLocaleString('en-US') : String(magnitude);
        const text = `${value < 0n ? how.minus : ''}${how.yen}${how.wide ? wide(digits) : digits}${how.unit}`;
        expect(read(text)).toBe(String(value));
      }),
    );
  });

  it('is never another number when anything is put between its digits', () => {
    const between = fc.constantFrom(' ', '\u3000', '\n', ',', '，', '.', '①', '²', '½', '-', '円', 'O', '一', '"');
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 10_000_000 }), between, fc.nat(7), (value, put, place) => {
        const digits = String(value);
        const at = 1 + (place % (digits.length - 1));
        const amount = read(digits.slice(0, at) + put + digits.slice(at));
        // A comma between groups of three and a point of decimals are how such an amount is printed.
        if (amount !== null && put !== '.') expect(amount).toBe(digits);
        if (put === '.') expect(amount === null || amount === `${digits.slice(0, at)}.${digits.slice(at)}`).toBe(true);
      }),
    );
  });
});
