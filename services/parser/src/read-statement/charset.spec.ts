import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { type Charset, type CharsetEvidence, charsetNamed, chooseCharset, decode } from './charset.js';
import { readStatement } from './read-statement.js';

const utf8 = Buffer.from('入出金明細');
const sjis = iconv.encode('入出金明細', 'cp932');
const told = (...list: [CharsetEvidence['by'], Charset][]) => list.map(([by, charset]) => ({ by, charset }));

describe('A4 which characters the bytes are', () => {
  it('is told by byte order mark, then header, then meta, then connector', () => {
    const all = told(['header', 'euc-jp'], ['meta', 'utf-8'], ['connector', 'shift_jis']);
    const plain = Buffer.from('plain');
    expect(chooseCharset(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), utf8]), all)).toMatchObject({
      charset: 'utf-8',
      by: 'byte order mark',
    });
    expect(chooseCharset(plain, all)).toEqual({ charset: 'euc-jp', by: 'header', unsure: false, doubt: null });
    expect(chooseCharset(plain, all.slice(1))).toMatchObject({ charset: 'utf-8', by: 'meta' });
    expect(chooseCharset(plain, all.slice(2))).toMatchObject({ charset: 'shift_jis', by: 'connector' });
  });
  it('is told by the bytes when nobody tells it', () => {
    expect(chooseCharset(utf8, [])).toEqual({ charset: 'utf-8', by: 'bytes', unsure: false, doubt: null });
    expect(chooseCharset(sjis, [])).toEqual({ charset: 'shift_jis', by: 'bytes', unsure: false, doubt: null });
    expect(chooseCharset(iconv.encode('入出金明細', 'euc-jp'), [])).toMatchObject({ charset: 'euc-jp', by: 'bytes', unsure: false });
    // ESC $ B … ESC ( B
    expect(chooseCharset(Buffer.from('\x1b$BF|IU\x1b(B'), [])).toMatchObject({ charset: 'iso-2022-jp', by: 'bytes', unsure: false });
    expect(chooseCharset(Buffer.from('Café'), [])).toMatchObject({ charset: 'utf-8', unsure: false });
  });
  it('is not sure when the bytes are something else than is told, and the cause has all the evidence', () => {
    expect(chooseCharset(utf8, told(['header', 'shift_jis'], ['connector', 'euc-jp']))).toEqual({
      charset: 'shift_jis',
      by: 'header',
      unsure: true,
      doubt: expect.stringMatching(/^charset: shift_jis by header, euc-jp by connector; the bytes fit utf-8/),
    });
    expect(chooseCharset(sjis, told(['meta', 'utf-8']))).toMatchObject({
      unsure: true,
      doubt: 'charset: utf-8 by meta; the bytes fit shift_jis',
    });
    expect(chooseCharset(Buffer.from('\x1b$BF|IU\x1b(B'), told(['header', 'utf-8']))).toMatchObject({ unsure: true });
    // Two kana of half width, or a letter that stands alone.
    expect(chooseCharset(Buffer.from([0xc3, 0xa9]), [])).toMatchObject({ unsure: true });
  });
  it('stays what is told when a byte is broken and nothing fits better', () => {
    const broken = Buffer.concat([sjis, Buffer.from([0x82, 0x22])]);
    expect(chooseCharset(broken, told(['connector', 'shift_jis']))).toEqual({
      charset: 'shift_jis',
      by: 'connector',
      unsure: false,
      doubt: 'charset: shift_jis by connector; the bytes fit none that is known',
    });
  });
  it('has many names', () => {
    expect(['Shift_JIS', 'cp932', 'Windows-31J', 'x-sjis', 'MS932'].map(charsetNamed)).toEqual(Array(5).fill('shift_jis'));
    expect(['UTF-8', 'utf8', 'EUC-JP', 'ISO-2022-JP', 'utf-16'].map(charsetNamed)).toEqual([
      'utf-8',
      'utf-8',
      'euc-jp',
      'iso-2022-jp',
      'utf-16le',
    ]);
    expect(['iso-8859-1', 'nonsense', ''].map(charsetNamed)).toEqual([null, null, null]);
  });

  it('is right or not sure, whatever is written and whoever tells what', () => {
    const text = fc.string({ unit: fc.constantFrom(...'入出金明細日付振込ヤマダハナコﾔﾏﾀﾞAz09,"\n'), minLength: 1, maxLength: 30 });
    const charset = fc.constantFrom<Charset>('utf-8', 'shift_jis', 'euc-jp');
    const others = fc.array(fc.record({ by: fc.constantFrom('header', 'meta', 'connector'), charset }), { maxLength: 2 });
    fc.assert(
      fc.property(text, charset, fc.boolean(), others, (written, truth, toldTruly, more) => {
        const bytes = iconv.encode(written, truth === 'shift_jis' ? 'cp932' : truth);
        const first: CharsetEvidence[] = toldTruly ? [{ by: 'header', charset: truth }] : [];
        const chosen = chooseCharset(bytes, [...first, ...(toldTruly ? (more as CharsetEvidence[]) : [])]);
        expect(chosen.unsure || decode(bytes, chosen.charset) === written).toBe(true);
        if (toldTruly) expect(chosen.charset).toBe(truth);
      }),
      { numRuns: 500 },
    );
  });
});

describe('A5 a file whose characters are not sure', () => {
  const csv = '日付,摘要,出金額,入金額,残高\n2026/11/05,振込,,5,5\n';
  it('is refused with the evidence', () => {
    expect(readStatement(Buffer.from(csv), { charsets: told(['connector', 'shift_jis']) })).toMatchObject({
      verdict: 'refused',
      problems: [{ code: 'ENCODING_UNKNOWN', message: expect.stringContaining('shift_jis by connector; the bytes fit utf-8') }],
    });
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(csv, 'utf16le')]);
    expect(readStatement(utf16)).toMatchObject({
      verdict: 'refused',
      problems: [{ code: 'ENCODING_UNKNOWN', message: expect.stringContaining('UTF-16') }],
    });
    const escapes = Buffer.from('\x1b$BF|IU\x1b(B,a\n');
    expect(readStatement(escapes)).toMatchObject({
      problems: [{ code: 'ENCODING_UNKNOWN', message: expect.stringContaining('iso-2022-jp') }],
    });
  });
  it('is read in EUC-JP when only that fits', () => {
    expect(readStatement(iconv.encode(csv, 'euc-jp'))).toMatchObject({
      encoding: 'euc-jp',
      verdict: 'complete',
      statements: [{ transactions: [{ description: '振込' }] }],
    });
  });
});
