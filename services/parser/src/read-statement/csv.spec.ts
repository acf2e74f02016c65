import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { readStatement, type StatementOptions } from './read-statement.js';
import { toJson } from './statement-file.js';

const read = (text: string | Uint8Array, options: StatementOptions = {}) =>
  toJson(readStatement(typeof text === 'string' ? Buffer.from(text) : text, options));
const HEADER = '取引日,出金金額,入金金額,残高,摘要';
const amounts = (file: ReturnType<typeof read>) => file.statements[0]?.transactions.map((t) => t.amount);

describe('A5 CSV of a bank', () => {
  it('is read in Shift_JIS, newest first, with quoted amounts, title lines and a total', () => {
    const file = read(
      iconv.encode(
        [
          '入出金明細',
          '店番,101,科目,普通,口座番号,1234567',
          '照会期間：2026年10月1日～2026年11月22日',
          '',
          '"取引日","出金金額(円)","入金金額(円)","残高(円)","摘要"',
          '"2026/10/06","1,450","","348,550","スーパー""A"", 本店"',
          '"2026/10/05","","250,000","350,000","給与"',
          '"合計","1,450","250,000","",""',
          '件数,2',
        ].join('\r\n'),
        'cp932',
      ),
    );
    expect(file).toEqual({
      format: 'csv',
      encoding: 'shift_jis',
      replacedCharacters: 0,
      verdict: 'complete',
      statements: [
        {
          account: { bank: null, branch: '101', number: '1234567', iban: null, type: 'ordinary', currency: 'JPY' },
          period: { from: '2026-10-01', to: '2026-11-22' },
          opening: { amount: '100000', date: '2026-10-05' },
          closing: { amount: '348550', date: '2026-10-06' },
          reconciliation: { state: 'reconciled', delta: '0' },
          transactions: [
            {
              bankId: null,
              date: '2026-10-06',
              valueDate: null,
              amount: '-1450',
              currency: 'JPY',
              description: 'スーパー"A", 本店',
              counterparty: null,
              contractNumber: null,
              edi: null,
              pending: false,
            },
            {
              bankId: null,
              date: '2026-10-05',
              valueDate: null,
              amount: '250000',
              currency: 'JPY',
              description: '給与',
              counterparty: null,
              contractNumber: null,
              edi: null,
              pending: false,
            },
          ],
        },
      ],
      problems: [],
    });
  });

  it('with a UTF-8 mark, tabs, dates of eras, signs of banks', () => {
    const file = read(
      '\ufeff取引日\t入出金(円)\t残高(円)\t入出金先内容\nR8.10.5\t▲1,000\t9,000\t振込\n令和8年10月6日\t¥500\t9,500\t入金\n',
    );
    expect(file).toMatchObject({ encoding: 'utf-8', verdict: 'complete' });
    expect(file.statements[0]?.transactions.map((t) => [t.date, t.amount])).toEqual([
      ['2026-10-05', '-1000'],
      ['2026-10-06', '500'],
    ]);
  });

  it('keeps the decimals of the file', () => {
    const file = read('Date,Description,Debit,Credit,Balance\n2026-01-05,Coffee,4.50,,95.50\n2026-01-06,Refund,,4.500,100.000\n');
    expect(amounts(file)).toEqual(['-4.50', '4.500']);
    expect(file.statements[0]).toMatchObject({ account: { currency: null }, reconciliation: { state: 'reconciled', delta: '0.000' } });
  });

  it('with one signed column is read when balances show what the sign means, and refused otherwise', () => {
    const rows = ['2026-01-05,Coffee,-4.50,95.50', '2026-01-06,Refund,4.50,100.00'];
    const file = read(`Date,Description,Amount,Balance\n${rows.join('\n')}\n`);
    expect(file).toMatchObject({ verdict: 'complete', statements: [{ reconciliation: { state: 'reconciled' } }] });
    expect(amounts(file)).toEqual(['-4.50', '4.50']);
    expect(read('Date,Description,Amount\n2026-01-05,Coffee,4.50\n')).toMatchObject({
      verdict: 'refused',
      problems: [{ code: 'FORMAT_UNKNOWN' }],
    });
  });

  it('of a card: a purchase is money out', () => {
    expect(amounts(read('利用日,利用店名・商品名,利用者,支払方法,利用金額\n2026/10/05,書店,本人,1回払い,1200\n'))).toEqual(['-1200']);
  });

  it('finds opening and closing whatever the order within a day', () => {
    const file = read(`${HEADER}\n2026/10/06,100,,850,c\n2026/10/05,50,,950,b\n2026/10/05,,200,1000,a\n`);
    expect(file.statements[0]).toMatchObject({
      opening: { amount: '800' },
      closing: { amount: '850' },
      reconciliation: { state: 'reconciled' },
    });
    const mixed = read(`${HEADER}\n2026/10/06,100,,850,c\n2026/10/05,,200,1000,a\n2026/10/05,50,,950,b\n`);
    expect(mixed.statements[0]).toMatchObject({
      opening: { amount: '800' },
      closing: { amount: '850' },
      reconciliation: { state: 'reconciled' },
    });
  });

  it('with a row lost in the middle does not reconcile', () => {
    const file = read(`${HEADER}\n2026/10/05,,200,1000,a\n2026/10/06,100,,850,c\n`);
    expect(file.statements[0]?.reconciliation).toEqual({ state: 'mismatch', delta: '-50' });
  });

  it('without balances cannot be reconciled', () => {
    const file = read('取引日,出金金額,入金金額,摘要\n2026/10/05,,200,a\n');
    expect(file.statements[0]).toMatchObject({ opening: null, closing: null, reconciliation: { state: 'unknown', delta: null } });
  });

  it('with a header only is empty', () => {
    expect(read(`${HEADER}\n`)).toMatchObject({ verdict: 'empty', statements: [{ transactions: [] }] });
  });

  it('a date without a year is null with a problem, unless the day of fetching is given', () => {
    const text = `${HEADER}\n12月30日,,200,1000,a\n1月4日,100,,900,b\n`;
    const file = read(text);
    expect(file.statements[0]?.transactions.map((t) => t.date)).toEqual([null, null]);
    expect(file.problems.map((p) => [p.code, p.line])).toEqual([
      ['DATE_WITHOUT_YEAR', 2],
      ['DATE_WITHOUT_YEAR', 3],
    ]);
    expect(read(text, { asOf: '2026-01-10' }).statements[0]?.transactions.map((t) => t.date)).toEqual(['2025-12-30', '2026-01-04']);
  });
});

describe('A5 rows that cannot be read are problems with their place', () => {
  it.each([
    ['2026/02/30,,100,1,x', 'DATE_UNREADABLE'],
    ['2026/10/05,12O,,1,x', 'AMOUNT_UNREADABLE'],
    ['2026/10/05,1,2,1,x', 'AMOUNT_UNREADABLE'],
    ['2026/10/05,,,1,x', 'AMOUNT_UNREADABLE'],
    ['2026/10/05,"1,23",,1,x', 'AMOUNT_UNREADABLE'],
    ['2026/10/05,"100"5,,1,x', 'ROW_UNREADABLE'],
    ['2026/10/05,1,,1,"x', 'ROW_UNREADABLE'],
  ])('%s', (row, code) => {
    const before = `${HEADER}\n2026/10/04,,5,5,first\n`;
    const file = read(`${before}${row}\n2026/10/06,,5,5,last\n`);
    expect(file.verdict).toBe('partial');
    expect(file.problems[0]).toMatchObject({ code, line: 3, byteOffset: Buffer.byteLength(before) });
    expect(file.statements[0]?.transactions.map((t) => t.description)).toEqual(['first', 'last']);
  });
  it('a count that is not met', () => {
    expect(read(`${HEADER}\n2026/10/04,,5,5,x\n件数,2件\n`)).toMatchObject({ verdict: 'partial', problems: [{ code: 'COUNT_WRONG' }] });
  });
  it('characters that are none are counted, and the rest is read', () => {
    const bytes = Buffer.concat([iconv.encode(`${HEADER}\n2026/10/04,,5,5,`, 'cp932'), Buffer.from([0xfd, 0x0a])]);
    expect(read(bytes)).toMatchObject({ encoding: 'shift_jis', replacedCharacters: 1, verdict: 'complete' });
  });
});

describe('A5 what is not known is refused, never guessed', () => {
  it.each([
    ['OFX', 'OFXHEADER:100\nDATA:OFXSGML\n\n<OFX></OFX>'],
    ['MT940', ':20:REF\n:25:123\n:60F:C260101EUR1,00\n'],
    ['CAMT', '<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"/>'],
    ['QIF', '!Type:Bank\nD1/5/26\nT-5.00\n^\n'],
    ['Zengin 01', `1010${'0'.repeat(18)}${' '.repeat(178)}\n`],
    ['a CSV of something else', 'name,age\nx,1\n'],
    ['HTML', '<html><body>取引日 残高</body></html>'],
  ])('%s', (_what, text) => {
    expect(read(text)).toMatchObject({ format: null, verdict: 'refused', statements: [], problems: [{ code: 'FORMAT_UNKNOWN' }] });
  });
  it('an empty file, UTF-16, EBCDIC, an unknown profile, a profile that does not fit', () => {
    const code = (bytes: Uint8Array, options: StatementOptions = {}) => read(bytes, options).problems[0]?.code;
    expect(code(new Uint8Array())).toBe('FILE_EMPTY');
    expect(code(Buffer.from(HEADER, 'utf16le'))).toBe('ENCODING_UNKNOWN');
    expect(code(Uint8Array.of(0xf1, 0xf0, 0xf3, 0xf1))).toBe('ENCODING_UNKNOWN');
    expect(code(Buffer.from(HEADER), { profile: 'nobody' })).toBe('PROFILE_UNKNOWN');
    expect(code(Buffer.from(HEADER), { profile: 'jp-bank' })).toBe('FORMAT_UNKNOWN');
    expect(code(new Uint8Array(16 * 1024 * 1024 + 1))).toBe('FILE_TOO_LARGE');
  });
});

describe('properties', () => {
  const row = fc.record({ amount: fc.integer({ min: -10_000_000, max: 10_000_000 }), text: fc.string({ maxLength: 12 }) });
  const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const file = (rows: { amount: number; text: string }[], lineEnd: string) => {
    let balance = 1_000;
    const lines = rows.map(({ amount, text }) => {
      balance += amount;
      const [out, into] = amount < 0 ? [(-amount).toLocaleString('en-US'), ''] : ['', amount.toLocaleString('en-US')];
      return ['2026/10/05', out, into, String(balance), text].map(cell).join(',');
    });
    return [HEADER, ...lines].join(lineEnd);
  };
  it('every amount comes back, the sum is closing - opening, and line ends do not matter', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), fc.constantFrom('\r\n', '\n', '\r'), (rows, lineEnd) => {
        const one = read(file(rows, lineEnd));
        expect(amounts(one)).toEqual(rows.map((r) => String(r.amount)));
        expect(one.statements[0]?.reconciliation.state).toBe('reconciled');
        expect(one.statements).toEqual(read(file(rows, '\n')).statements);
      }),
      { numRuns: 60 },
    );
  });

  it('reading is total: any bytes give an answer with the printed shape', () => {
    const pieces = fc.constantFrom(
      '1030',
      '2',
      '8',
      '9',
      ' '.repeat(190),
      '"',
      ',',
      '\r',
      '\n',
      HEADER,
      '2026/10/05',
      '100',
      '件数',
      '\ufeff',
      '081005',
    );
    const texts = fc.array(fc.oneof(pieces, fc.string({ maxLength: 30 })), { maxLength: 40 }).map((list) => Buffer.from(list.join('')));
    const shiftJis = texts.map((bytes) => iconv.encode(bytes.toString(), 'cp932'));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 600 }), texts, shiftJis), (bytes) => {
        const json = read(bytes, { fetchedOn: '2026-11-22' });
        expect(json.verdict === 'refused').toBe(json.statements.length === 0);
        for (const statement of json.statements)
          for (const t of statement.transactions) {
            expect(t.amount).toMatch(/^-?\d+(\.\d+)?$/);
            expect(t.date === null || /^\d{4}-\d{2}-\d{2}$/.test(t.date)).toBe(true);
          }
      }),
      { numRuns: 400 },
    );
  });

  it('a hostile file of quotes is read in linear time', () => {
    const bytes = Buffer.from(`${HEADER}\n${'",'.repeat(500_000)}`);
    expect(read(bytes).verdict).toBe('partial');
  });
});
