import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isIssuer, nameInWords, parseName, parsePrintedName } from './distinguished-name.js';

/** As Node prints issuers: a comma, parts in one line, escaped blanks, a line feed, no common name. */
const COMMA = parsePrintedName('C=JP\nO=Bank\\, Inc.\nCN=Bank\\, Inc. CA');
const NAMELESS = parsePrintedName('C=JP\nO=口座銀行 + OU=Client\\0ACA\nOU=\\# G1\\ ');

describe('the issuer that a connector names', () => {
  it('A2 by common name: compared as a value, not as it is printed', () => {
    expect(isIssuer('Bank, Inc. CA', COMMA)).toBe(true);
    expect(isIssuer('bank,  inc. ca', COMMA)).toBe(true);
    expect(isIssuer('Bank\\, Inc. CA', COMMA)).toBe(false);
    expect(isIssuer('Bank, Inc.', COMMA)).toBe(false);
    expect(isIssuer('', NAMELESS)).toBe(false);
    expect(isIssuer('JP', COMMA)).toBe(false);
  });

  it('A2 by any part of its name (RFC 4514), for an issuer without a common name too', () => {
    for (const asked of [
      'O=Bank\\, Inc.',
      'CN=Bank\\, Inc. CA,C=JP',
      'cn=Bank\\, Inc. CA , O=Bank\\2C Inc. , c=jp',
      '2.5.4.10=Bank\\, Inc.',
    ])
      expect([asked, isIssuer(asked, COMMA)]).toEqual([asked, true]);
    for (const asked of ['OU=\\# G1\\ ', 'OU=Client\\0ACA+O=口座銀行,C=JP', 'OU=Client\\0aCA+O=\\E5\\8F\\A3座銀行'])
      expect([asked, isIssuer(asked, NAMELESS)]).toEqual([asked, true]);
  });

  it('A2 a name that is another in any part, or whose parts stand in another order, is another issuer', () => {
    for (const asked of [
      'O=Bank',
      'O=Bank\\, Inc.,CN=Bank\\, Inc. CA',
      'CN=Bank\\, Inc. CA,O=Bank\\, Inc.,C=US',
      'CN=Bank\\, Inc. CA,CN=Bank\\, Inc. CA',
      'CN=Bank\\, Inc. CA+O=Bank\\, Inc.',
    ])
      expect([asked, isIssuer(asked, COMMA)]).toEqual([asked, false]);
    expect(isIssuer('O=口座銀行', NAMELESS)).toBe(false);
  });

  it('is not read when an escape, a type or a value is missing', () => {
    for (const text of ['', 'Bank', 'CN=', '=Bank', 'CN=a,', 'CN=a\\', 'X-Y=a', 'CN=\\FF', 'CN=a+'])
      expect([text, parseName(text)]).toEqual([text, null]);
  });

  it('any name is read back as it was written, whatever is in its values', () => {
    const value = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).filter((text) => text.isWellFormed());
    const attribute = fc.record({ type: fc.constantFrom('cn', 'o', 'ou', 'c', '1.2.3.4'), value });
    const name = fc.array(fc.array(attribute, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 4 });
    const escaped = (text: string) =>
      text.replace(/[,+"\\<>;=#\s\0]/gu, (char) => Buffer.from(char).toString('hex').replace(/../g, '\\$&'));
    const rdn = (attributes: { type: string; value: string }[]) => attributes.map(({ type, value: plain }) => `${type}=${escaped(plain)}`);
    fc.assert(
      fc.property(name, (parts) => {
        const written = parts.map((part) => rdn(part).join('+'));
        expect(parseName(written.toReversed().join(','))).toEqual(parts);
        expect(parsePrintedName(parts.map((part) => rdn(part).join(' + ')).join('\n'))).toEqual(parts);
        expect(isIssuer(written.toReversed().join(' , '), parts)).toBe(true);
      }),
    );
  });

  it('is told to people by its common name, or else whole', () => {
    expect(nameInWords(COMMA)).toBe('Bank, Inc. CA');
    expect(nameInWords(parsePrintedName('C=JP\nO=Bank'))).toBe('C=JP, O=Bank');
  });
});
