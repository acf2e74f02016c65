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

describe('A5 a row that does not fit its header is unreadable, and no column is shifted', () => {
  const header = '日付,摘要,出金額,入金額,残高';
  const problems = (file: ReturnType<typeof read>) => file.problems.map((p) => [p.code, p.line]);
  it('with a comma inside an amount without quotes', () => {
    const file = read(`${header}\n2026/11/05,ATM,10,000,,90,000\n2026/11/06,手数料,110,,89890\n`);
    expect(problems(file)).toEqual([['ROW_UNREADABLE', 2]]);
    expect(amounts(file)).toEqual(['-110']);
  });
  it('with such a comma where the header has no balance, and the cells are one too many', () => {
    const file = read('日付,出金額,入金額,摘要\n2026/11/05,10,000,,ATM\n');
    expect(problems(file)).toEqual([['ROW_UNREADABLE', 2]]);
    expect(amounts(file)).toEqual([]);
  });
  it('with a cell too few', () => {
    expect(problems(read(`${header}\n2026/11/05,ATM,100,90000\n`))).toEqual([['ROW_UNREADABLE', 2]]);
  });
  it('with the rest of a cut amount that fits by chance', () => {
    expect(problems(read(`${header},メモ\n2026/11/05,ATM,10,000,,90000\n`))).toEqual([['AMOUNT_UNREADABLE', 2]]);
  });
  it('blank cells at the end are harmless, in the header or in the row', () => {
    expect(read(`${header},\n2026/11/05,ATM,100,,900,,\n2026/11/06,ATM,100,,800\n`)).toMatchObject({ verdict: 'complete', problems: [] });
  });
  it('more cells than any statement has', () => {
    expect(problems(read(`${header}\n2026/11/05,ATM,100,,900${','.repeat(120)}x\n`))).toEqual([['ROW_UNREADABLE', 2]]);
  });
  it('a header with two columns of one name is none', () => {
    expect(read('日付,摘要,出金額,出金額,入金額\n2026/11/05,ATM,1,2,\n')).toMatchObject({ verdict: 'refused' });
  });
  it('a count that agrees is no proof when a row was refused', () => {
    const file = readStatement(Buffer.from(`${header}\n2026/11/05,振込,,5000,5000\n2026/11/06,ATM,1,000,,4000\n件数,1\n`));
    expect(file).toMatchObject({ verdict: 'partial', problems: [{ code: 'ROW_UNREADABLE' }], statements: [{ proof: null }] });
  });
});

describe('A5 lines that are no entries', () => {
  const header = '"日付","摘要","出金額","入金額","残高"';
  const rows = ['"2026/11/05","振込","","5,000","105,000"', '"2026/11/10","ATM","1,200","","103,800"'];
  const file = (...lines: string[]) => readStatement(Buffer.from(`${[header, ...lines].join('\n')}\n`));
  it.each([
    '"","合計","1,200","5,000",""',
    '"合計","","1,200","5,000",""',
    '"2026/11/30","合計","1,200","5,000",""',
    '"","小計","7","",""',
  ])('a total, and the chain of balances stays a proof: %s', (footer) => {
    expect(file(...rows, footer)).toMatchObject({
      verdict: 'complete',
      problems: [],
      statements: [{ proof: 'balance-chain', transactions: [{}, {}] }],
    });
  });
  it('a total that does not agree is said', () => {
    expect(file(...rows, '"","合計","1,200","5,001",""')).toMatchObject({
      verdict: 'partial',
      problems: [{ code: 'TOTAL_WRONG', line: 4 }],
    });
  });
  it.each([
    ['blank', '"2026/11/01","前月繰越","","","100,000"'],
    ['repeated as money in', '"2026/11/01","前回繰越","","100,000","100,000"'],
    ['under another word', '"2026/11/01","繰越","","0","100,000"'],
  ])('a balance carried forward is the opening balance, its amounts %s', (_what, carried) => {
    const expected = {
      verdict: 'complete',
      problems: [],
      statements: [
        {
          opening: { amount: { minor: 100_000n }, date: '2026-11-01' },
          closing: { amount: { minor: 103_800n } },
          reconciliation: { state: 'reconciled' },
          proof: 'balance-chain',
          transactions: [{ description: '振込' }, { description: 'ATM' }],
        },
      ],
    };
    expect(file(carried, ...rows)).toMatchObject(expected);
    const newestFirst = file(...rows.toReversed(), carried);
    expect(newestFirst).toMatchObject({ ...expected, statements: [{ ...expected.statements[0], transactions: [{}, {}] }] } as never);
  });
  it('a balance carried forward in the middle must be that of its neighbour', () => {
    const [first, second] = rows as [string, string];
    expect(file(first, '"2026/11/05","前頁繰越","","","105,000"', second)).toMatchObject({
      verdict: 'complete',
      statements: [{ proof: 'balance-chain' }],
    });
    expect(file(first, '"2026/11/05","前頁繰越","","","104,000"', second)).toMatchObject({
      problems: [{ code: 'BALANCE_WRONG', line: 3 }],
    });
  });
  it('a balance carried forward from elsewhere than the entries begin is a mismatch, and no proof', () => {
    expect(file('"2026/11/01","前月繰越","","","90,000"', ...rows)).toMatchObject({
      statements: [{ reconciliation: { state: 'mismatch', delta: { minor: 10_000n } }, proof: null }],
    });
  });
  it('a balance carried forward with another amount beside it is unreadable', () => {
    expect(file('"2026/11/01","前月繰越","","7","100,000"', ...rows)).toMatchObject({ problems: [{ code: 'AMOUNT_UNREADABLE', line: 2 }] });
  });
  it('notes have neither day nor amount; a line that was cut is no note', () => {
    expect(file(...rows, '※未確定の取引は含みません', '"","現地利用額 5.000","","",""')).toMatchObject({
      verdict: 'complete',
      problems: [],
    });
    for (const cut of ['2026/11/1', '"","振込"'])
      expect(file(...rows, cut)).toMatchObject({ problems: [{ code: 'ROW_UNREADABLE', line: 4 }] });
  });
  it('a header alone is an empty statement, proven by the end of its line', () => {
    expect(file()).toMatchObject({ verdict: 'empty', problems: [], statements: [{ transactions: [], proof: 'header-only' }] });
    expect(readStatement(Buffer.from(header))).toMatchObject({ verdict: 'empty', statements: [{ proof: null }] });
    expect(readStatement(Buffer.from(`件数,2件\n${header}\n`))).toMatchObject({ verdict: 'partial', statements: [{ proof: null }] });
    const moved = readStatement(Buffer.from(`期間前残高,5\n期間末残高,6\n${header}\n`));
    expect(moved).toMatchObject({ statements: [{ reconciliation: { state: 'mismatch' }, proof: null }] });
  });
});

describe('A5 sections of a card statement', () => {
  const header = '利用日,利用店名・商品名,利用者,支払方法,利用金額';
  it('what is cancelled is money in', () => {
    const file = read(
      `${header}\n2026/10/06,店,本人,1回払い,7192\n,■ご利用キャンセルなど,,,\n2026/10/20,店,本人,1回払い,3000\n■ご利用明細\n2026/10/21,店,本人,1回払い,5\n`,
    );
    expect(file).toMatchObject({ verdict: 'complete', problems: [] });
    expect(amounts(file)).toEqual(['-7192', '3000', '-5']);
  });
  it('what is cancelled with a sign of its own, or stands under a heading that nobody knows, is unreadable', () => {
    const file = read(`${header}\n■ご返品\n2026/10/20,店,本人,1回払い,-3000\n■キャッシュバック\n2026/10/21,店,本人,1回払い,5\n`);
    expect(amounts(file)).toEqual([]);
    expect(file.problems.map((p) => [p.code, p.line])).toEqual([
      ['AMOUNT_UNREADABLE', 3],
      ['SECTION_UNKNOWN', 5],
    ]);
  });
});

describe('A5 two accounts in one CSV are never one', () => {
  const header = '照会口座,勘定日,(起算日),出金金額(円),入金金額(円),残高(円),摘要';
  const ordinary = 'みなみ支店 普通 1234567,2026年11月05日,,,"5,000","105,000",ヤマダ';
  const current = 'みなみ支店 当座 7654321,2026年11月06日,,300,,"19,700",デンキ';
  const numbers = (file: ReturnType<typeof read>) => file.statements.map((s) => [s.account.type, s.account.number, s.account.currency]);
  it('rows say which account they are of, and the value day', () => {
    const file = read(`${header}\n${ordinary}\nみなみ支店 普通 1234567,2026年11月10日,2026年11月09日,"1,200",,"103,800",訂正\n`);
    expect(file).toMatchObject({ verdict: 'complete', statements: [{ transactions: [{ valueDate: null }, { valueDate: '2026-11-09' }] }] });
    expect(numbers(file)).toEqual([['ordinary', '1234567', 'JPY']]);
  });
  it('rows of two accounts are two statements, each with its own balances', () => {
    const file = read(`${header}\n${ordinary}\n${current}\n`);
    expect(numbers(file)).toEqual([
      ['ordinary', '1234567', 'JPY'],
      ['current', '7654321', 'JPY'],
    ]);
    expect(file.statements.map((s) => [s.opening?.amount, s.reconciliation.state])).toEqual([
      ['100000', 'reconciled'],
      ['20000', 'reconciled'],
    ]);
  });
  it('so are those of one number, of other kinds or currencies', () => {
    const dollars = ordinary.replace('普通', '外貨普通USD').replace('5,000', '50.00').replace('105,000', '150.00');
    const file = read(`${header}\n${ordinary}\n${dollars}\n`);
    expect(numbers(file)).toEqual([
      ['ordinary', '1234567', 'JPY'],
      [null, '1234567', 'USD'],
    ]);
    expect(file.statements[1]?.transactions[0]).toMatchObject({ amount: '50.00', currency: 'USD' });
  });
  it('a row that does not say it is unreadable', () => {
    const file = read(`${header}\n${ordinary}\n,2026年11月06日,,300,,"104,700",デンキ\n`);
    expect(file).toMatchObject({ verdict: 'partial', problems: [{ code: 'ACCOUNT_UNREADABLE', line: 3 }] });
  });
  it('a second header ends what is read', () => {
    const file = read(`口座番号,1234567\n${HEADER}\n2026/10/05,,200,1000,a\n口座番号,7654321,,,\n${HEADER}\n2026/10/06,,7,7,b\n`);
    expect(amounts(file)).toEqual(['200']);
    expect(file.problems.map((p) => [p.code, p.line])).toEqual([
      ['DATE_UNREADABLE', 4],
      ['SECOND_HEADER', 5],
    ]);
  });
  it('title lines that name two, or another than the rows, are said', () => {
    const code = (text: string) => read(text).problems.map((p) => p.code);
    expect(code(`口座番号,1234567\n口座番号,7654321\n${HEADER}\n2026/10/05,,200,1000,a\n`)).toEqual(['ACCOUNT_AMBIGUOUS']);
    expect(code(`口座番号,7654321\n${header}\n${ordinary}\n`)).toEqual(['ACCOUNT_AMBIGUOUS']);
    expect(code(`口座番号,0001234567\n${header}\n${ordinary}\n`)).toEqual([]);
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
  it('Zengin with commas, by its name', () => {
    const header = '1,03,0,081120,081101,081120,0999,ﾂﾊﾞﾒ,101,ﾎﾝﾃﾝ,000,1,0001234567,ｴﾝｲｼ,1,1,00000000100000,\r\n';
    for (const text of [header, header.replaceAll(/([^,\r\n]+)/g, '"$1"')])
      expect(read(text)).toMatchObject({
        verdict: 'refused',
        problems: [{ code: 'FORMAT_UNKNOWN', message: expect.stringContaining('Zengin file with commas') }],
      });
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

  it('any row is read to what was written, or it is a problem with its line', () => {
    const money = fc.integer({ min: 1, max: 9_999_999 });
    // One fault in a row at most: two may make up for each other, and then nothing in the row shows it.
    const line = fc.record({
      amount: money,
      out: fc.boolean(),
      way: fc.constantFrom(
        { grouped: true, quoted: true, extra: [], lost: null },
        { grouped: false, quoted: false, extra: [], lost: null },
        { grouped: true, quoted: false, extra: [], lost: null },
        { grouped: true, quoted: true, extra: ['', ''], lost: null },
        { grouped: true, quoted: true, extra: ['x'], lost: null },
        ...[0, 1, 2, 3, 4].map((lost) => ({ grouped: false, quoted: true, extra: [], lost })),
      ),
    });
    const print = (value: number, grouped: boolean) => (grouped ? value.toLocaleString('en-US') : String(value));
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 8 }), (lines) => {
        const written = lines.map((one, i) => {
          const { grouped, quoted, extra, lost } = one.way;
          const amount = print(one.amount, grouped);
          const cells = ['2026/10/05', one.out ? amount : '', one.out ? '' : amount, '', `row ${i}`, ...extra];
          const kept = lost === null ? cells : cells.toSpliced(lost, 1);
          return kept.map((text) => (quoted ? cell(text) : text)).join(',');
        });
        const file = readStatement(Buffer.from([HEADER, ...written, ''].join('\n')));
        const unreadable = new Set(file.problems.map((p) => p.line));
        const got = new Map(file.statements[0]?.transactions.map((t) => [t.description, t.amount.minor]));
        for (const [i, one] of lines.entries()) {
          const found = got.get(`row ${i}`);
          if (found === undefined) expect(unreadable.has(i + 2)).toBe(true);
          else expect(found).toBe(BigInt(one.out ? -one.amount : one.amount));
        }
        expect(got.size + unreadable.size).toBe(lines.length);
      }),
      { numRuns: 400 },
    );
  });

  it('a hostile file of quotes is read in linear time', () => {
    const bytes = Buffer.from(`${HEADER}\n${'",'.repeat(500_000)}`);
    expect(read(bytes).verdict).toBe('partial');
  });
});

describe('A5 the kind of account that a CSV prints', () => {
  it.each([
    ['普通預金', 'ordinary'],
    ['総合口座', 'ordinary'],
    ['定期預金', 'time'],
    ['通知', 'notice'],
    ['積立定期預金', 'instalment'],
    ['外貨普通預金USD', null],
  ])('%s is %s', (printed, type) => {
    expect(read(`科目,${printed},口座番号,1234567\n${HEADER}\n`).statements[0]?.account).toMatchObject({ type, number: '1234567' });
  });
});
