import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jis, type ZenginAccount, zenginFile, zenginRecords } from '../../test/zengin-file.js';
import { readStatement } from './read-statement.js';
import { toJson } from './statement-file.js';

const FETCHED = { fetchedOn: '2026-11-22' };
const read = (bytes: Uint8Array, options: Parameters<typeof readStatement>[1] = FETCHED) => toJson(readStatement(bytes, options));
const join = (records: string[]) => jis(records.map((record) => `${record}\r\n`).join(''));

const COFFEE: ZenginAccount = {
  opening: 100_000n,
  entries: [
    { date: '081005', amount: 250_000n, sender: 'ｶ)ｴﾝｲｼ', text: 'ｷﾕｳﾖ', inquiry: '00000012' },
    { date: '081006', amount: -450n, kind: '18', text: 'ｺｰﾋｰ' },
    { date: '081006', amount: -450n, kind: '18', text: 'ｺｰﾋｰ' },
  ],
};

describe('A5 a whole Zengin 03 file', () => {
  it('is read to its true values, with the balances it states', () => {
    expect(read(zenginFile([COFFEE]))).toEqual({
      format: 'zengin03',
      encoding: 'shift_jis',
      replacedCharacters: 0,
      verdict: 'complete',
      statements: [
        {
          account: { bank: '0999', branch: '101', number: '1234567', iban: null, type: 'ordinary', currency: 'JPY' },
          period: { from: '2026-10-01', to: '2026-11-22' },
          opening: { amount: '100000', date: '2026-10-01' },
          closing: { amount: '349100', date: '2026-11-22' },
          reconciliation: { state: 'reconciled', delta: '0' },
          transactions: [
            {
              bankId: '00000012',
              date: '2026-10-05',
              valueDate: '2026-10-05',
              amount: '250000',
              currency: 'JPY',
              description: 'ｷﾕｳﾖ',
              counterparty: 'ｶ)ｴﾝｲｼ',
              contractNumber: null,
              edi: null,
              pending: false,
            },
            ...[1, 2].map(() => ({
              bankId: null,
              date: '2026-10-06',
              valueDate: '2026-10-06',
              amount: '-450',
              currency: 'JPY',
              description: 'ｺｰﾋｰ',
              counterparty: null,
              contractNumber: null,
              edi: null,
              pending: false,
            })),
          ],
        },
      ],
      problems: [],
    });
  });

  it('holds several accounts, each with its own proof', () => {
    const file = read(zenginFile([COFFEE, { opening: -5_000n, number: '7654321', deposit: '2', entries: [] }]));
    expect(file.verdict).toBe('complete');
    expect(file.statements.map((s) => [s.account.number, s.account.type, s.opening?.amount])).toEqual([
      ['1234567', 'ordinary', '100000'],
      ['7654321', 'current', '-5000'],
    ]);
  });

  it('without entries is proven empty by its totals', () => {
    expect(read(zenginFile([{ opening: 10n, entries: [] }]))).toMatchObject({ verdict: 'empty', problems: [] });
  });

  it('keeps entries of zero', () => {
    const file = read(zenginFile([{ opening: 10n, entries: [{ date: '081005', amount: 0n }] }]));
    expect(file).toMatchObject({ verdict: 'complete', statements: [{ transactions: [{ amount: '0' }] }] });
  });

  it('says the same with CRLF, LF, CR or no line ends, in UTF-8, and with trimmed filler', () => {
    const expected = read(zenginFile([COFFEE])).statements;
    for (const lineEnd of ['\n', '\r', ''])
      expect(read(zenginFile([COFFEE], lineEnd))).toMatchObject({ statements: expected, problems: [] });
    const utf8 = read(Buffer.from(zenginRecords([COFFEE]).join('\n')));
    expect(utf8).toMatchObject({ encoding: 'utf-8', statements: expected, problems: [] });
    const trimmed = read(join(zenginRecords([COFFEE]).map((record) => record.trimEnd())));
    expect(trimmed).toMatchObject({ verdict: 'complete', statements: expected });
    expect(new Set(trimmed.problems.map((p) => p.code))).toEqual(new Set(['RECORD_LENGTH']));
  });

  it('is read in Shift_JIS too: a wide character takes two cells', () => {
    const bytes = zenginFile([COFFEE]);
    const at = bytes.indexOf(jis('ｷﾕｳﾖ'));
    Buffer.from([0x8b, 0x8b, 0x97, 0x5e]).copy(bytes, at); // 給与
    expect(read(bytes).statements[0]?.transactions[0]?.description).toBe('給与');
  });

  it('is JIS X 0201 when two kana of half width are by chance UTF-8', () => {
    // C3 BD is "ý" in UTF-8.
    const records = zenginRecords([{ opening: 0n, entries: [{ date: '081005', amount: 1n, sender: 'ﾃｽ' }] }]);
    const ascii = (record: string) => record.replaceAll(/[ｱ-ﾝﾞﾟ]/g, 'X');
    const bytes = join(records.map((record) => (record.startsWith('2') ? record : ascii(record))));
    expect(read(bytes)).toMatchObject({ encoding: 'shift_jis', problems: [], statements: [{ transactions: [{ counterparty: 'ﾃｽ' }] }] });
  });

  it('shows the yen sign for 5C', () => {
    const file = read(zenginFile([{ opening: 0n, entries: [{ date: '081005', amount: 1n, text: '¥100' }] }]));
    expect(file.statements[0]?.transactions[0]?.description).toBe('¥100');
  });
});

describe('A5 the year of an era', () => {
  const day = (created: string, fetchedOn: string | null) =>
    read(zenginFile([{ opening: 0n, created, from: created, to: created, entries: [] }]), { fetchedOn }).statements[0]?.period.from;
  it('is told by the day of fetching, never by today', () => {
    expect(day('060401', '2024-04-02')).toBe('2024-04-01');
    expect(day('060401', '1994-04-02')).toBe('1994-04-01');
    expect(day('310430', '2019-05-07')).toBe('2019-04-30');
    expect(day('010501', '2019-05-07')).toBe('2019-05-01');
    expect(day('640107', '1995-05-07')).toBe('1989-01-07');
  });
  it('of a period that ends after the file was made is that of its begin', () => {
    const file = read(zenginFile([{ opening: 0n, created: '080701', from: '080401', to: '080930', entries: [] }]));
    expect(file).toMatchObject({
      problems: [],
      statements: [{ period: { from: '2026-04-01', to: '2026-09-30' }, closing: { date: '2026-09-30' } }],
    });
  });
  it('is not believed of a period that ends before it begins', () => {
    const file = read(zenginFile([{ opening: 0n, from: '081101', to: '081031', entries: [] }]));
    expect(file.problems).toMatchObject([{ code: 'DATE_UNREADABLE', line: 1 }]);
    expect(file.statements).toMatchObject([{ period: { from: null, to: null }, opening: { date: null }, closing: { date: null } }]);
  });
  it('is not believed of an entry of the far past or future: Western years are no years of an era', () => {
    for (const date of ['260105', '080930', '090930', '950101']) {
      const file = read(zenginFile([{ opening: 0n, created: '080701', from: '080601', to: '080630', entries: [{ date, amount: 1n }] }]));
      expect([date, file.verdict, file.problems[0]?.code]).toEqual([date, 'partial', 'DATE_UNREADABLE']);
    }
  });
  it('is not invented when nothing tells it', () => {
    expect(day('060401', null)).toBeNull();
    expect(read(zenginFile([COFFEE]), {}).problems.some((p) => p.code === 'DATE_UNREADABLE')).toBe(true);
  });
});

describe('A5 a correction (19)', () => {
  const cancel = { date: '081007', amount: -250_000n, kind: '19' };
  it('counts as written when the file adds up so', () => {
    const file = read(zenginFile([{ ...COFFEE, entries: [...COFFEE.entries, cancel] }]));
    expect(file.statements[0]).toMatchObject({
      reconciliation: { state: 'reconciled' },
      transactions: [{}, {}, {}, { amount: '-250000' }],
    });
  });
  it('takes back what it names when only that adds up', () => {
    const entries = [...COFFEE.entries, { ...cancel, amount: 250_000n }];
    const file = read(zenginFile([{ ...COFFEE, entries, closing: 99_100n }]));
    expect(file.statements[0]).toMatchObject({
      reconciliation: { state: 'reconciled' },
      transactions: [{}, {}, {}, { amount: '-250000' }],
    });
  });
});

describe('A5 balances', () => {
  const without = (fill: string) => {
    const [header, one, two, three, trailer, end] = zenginRecords([COFFEE]) as [string, string, string, string, string, string];
    const cut = (record: string, at: number, cells: number) => record.slice(0, at) + fill.repeat(cells) + record.slice(at + cells);
    const sign = (record: string, at: number) => `${record.slice(0, at)} ${record.slice(at + 1)}`;
    return join([sign(cut(header, 115, 14), 113), one, two, three, sign(cut(trailer, 40, 14), 39), end]);
  };
  it.each([' ', '0'])('are optional: left out (as "%s") they are null, and no problem', (fill) => {
    expect(read(without(fill))).toMatchObject({
      verdict: 'complete',
      problems: [],
      statements: [{ opening: null, closing: null, reconciliation: { state: 'unknown', delta: null }, transactions: [{}, {}, {}] }],
    });
  });
});

describe('A5 the counterparty', () => {
  const one = (entry: Partial<ZenginAccount['entries'][number]>) =>
    read(zenginFile([{ opening: 0n, entries: [{ date: '081110', amount: -4_200n, ...entry }] }])).statements[0]?.transactions[0];
  it('of a direct debit is not its contract number', () => {
    const debit = one({ kind: '14', sender: '00012345678901234567', text: 'ﾃﾞﾝｷ' });
    expect(debit).toMatchObject({ counterparty: null, contractNumber: '00012345678901234567', description: 'ﾃﾞﾝｷ' });
  });
  it('is a name in a transfer, and in a direct debit that has one', () => {
    expect(one({ kind: '11', sender: '0123' })).toMatchObject({ counterparty: '0123', contractNumber: null });
    expect(one({ kind: '14', sender: 'ﾐﾅﾄﾃﾞﾝﾘﾖｸ' })).toMatchObject({ counterparty: 'ﾐﾅﾄﾃﾞﾝﾘﾖｸ', contractNumber: null });
  });
  it('is told beside the EDI information', () => {
    expect(one({ sender: 'ﾔﾏﾀﾞ', edi: 'INV-2026-11' })).toMatchObject({ counterparty: 'ﾔﾏﾀﾞ', edi: 'INV-2026-11' });
  });
});

describe('A5 what is wrong is named with its place, and the rest is kept', () => {
  const change = (index: number, at: number, to: string) => {
    const records = zenginRecords([COFFEE]);
    const record = records[index] as string;
    records[index] = record.slice(0, at) + to + record.slice(at + to.length);
    return join(records);
  };
  it.each([
    ['an amount that is not a number', 2, 24, '00000000A450', 'AMOUNT_UNREADABLE'],
    ['an amount that is blank', 2, 24, '            ', 'AMOUNT_UNREADABLE'],
    ['a 30th of February', 2, 9, '080230', 'DATE_UNREADABLE'],
    ['a direction that is neither in nor out', 2, 21, '3', 'DIRECTION_UNREADABLE'],
  ])('%s', (_what, index, at, to, code) => {
    const file = read(change(index, at, to));
    expect(file.problems[0]).toMatchObject({ code, line: index + 1, byteOffset: index * 202 });
    expect(file.statements[0]?.transactions).toHaveLength(2);
    expect(file.verdict).toBe('partial');
  });
  it('totals that agree are no proof when an entry was refused', () => {
    // An entry of 0 yen without a day, in a file whose trailer does not count it.
    const records = zenginRecords([{ ...COFFEE, entries: [...COFFEE.entries, { date: '080230', amount: 0n }] }]);
    const trailer = records[5] as string;
    records[5] = `${trailer.slice(0, 1)}000001${trailer.slice(7)}`;
    const file = readStatement(join(records), FETCHED);
    expect(file).toMatchObject({ verdict: 'partial', problems: [{ code: 'DATE_UNREADABLE' }], statements: [{ proof: null }] });
  });
  it('a trailer that counts one more', () => {
    const file = read(change(4, 20, '000003'));
    expect(file).toMatchObject({ verdict: 'partial', problems: [{ code: 'CONTROL_TOTAL_WRONG', line: 5 }] });
  });
  it('an end record that counts otherwise', () => {
    expect(read(change(5, 1, '0000000099'))).toMatchObject({ verdict: 'partial', problems: [{ code: 'CONTROL_TOTAL_WRONG', line: 6 }] });
  });
  it('a sign that is neither plus nor minus: no balance, so nothing to reconcile', () => {
    const file = read(change(0, 113, ' '));
    expect(file.statements[0]).toMatchObject({ opening: null, reconciliation: { state: 'unknown', delta: null } });
  });
  it('a balance that does not follow: a mismatch with its delta, no entry dropped', () => {
    const file = read(zenginFile([{ ...COFFEE, closing: 349_000n }]));
    expect(file.statements[0]).toMatchObject({ reconciliation: { state: 'mismatch', delta: '-100' }, transactions: [{}, {}, {}] });
    expect(file.verdict).toBe('complete');
  });
  it('no trailer, no end, an entry before its header, an unknown record', () => {
    const records = zenginRecords([COFFEE]);
    expect(read(join(records.slice(0, 4)))).toMatchObject({
      verdict: 'partial',
      problems: [{ code: 'TRAILER_MISSING' }, { code: 'END_MISSING' }],
    });
    const strays = [records[0], records[4], records[1], `7${' '.repeat(199)}`, records[5]] as string[];
    expect(read(join(strays)).problems.map((p) => [p.code, p.line])).toEqual(
      expect.arrayContaining([
        ['RECORD_OUT_OF_PLACE', 3],
        ['RECORD_UNKNOWN', 4],
      ]),
    );
  });
  it('entries of a deposit that are laid out otherwise', () => {
    const file = read(zenginFile([{ ...COFFEE, deposit: '6' }]));
    expect(file).toMatchObject({ verdict: 'partial', problems: [{ code: 'LAYOUT_UNSUPPORTED' }], statements: [{ transactions: [] }] });
  });
  it('a file that is cut anywhere is never complete', () => {
    const whole = zenginFile([COFFEE]);
    for (let bytes = 101; bytes < whole.length - 190; bytes += 7) expect(read(whole.subarray(0, bytes)).verdict).not.toBe('complete');
  });
});

describe('properties', () => {
  const kana = fc.string({ unit: fc.constantFrom(...'ｱｲｳｴｵｶﾞABC 0¥-().,'), maxLength: 20 });
  const entry = fc.record({
    date: fc.constantFrom('081001', '081015', '080131', '071231'),
    amount: fc.bigInt({ min: -999_999_999_999n, max: 999_999_999_999n }),
    text: kana,
    sender: kana,
  });
  const account = fc.record({ opening: fc.bigInt({ min: -(10n ** 13n), max: 10n ** 13n }), entries: fc.array(entry, { maxLength: 12 }) });
  const accounts = fc.array(account, { minLength: 1, maxLength: 3 });

  it('every amount comes back, and opening + sum = closing', () => {
    fc.assert(
      fc.property(accounts, fc.constantFrom('\r\n', '\n', '\r', ''), (list, lineEnd) => {
        const file = read(zenginFile(list, lineEnd));
        expect(file.problems).toEqual([]);
        expect(file.statements.map((s) => s.transactions.map((t) => BigInt(t.amount)))).toEqual(
          list.map((a) => a.entries.map((e) => e.amount)),
        );
        expect(file.statements.every((s) => s.reconciliation.state === 'reconciled' && s.reconciliation.delta === '0')).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('one changed cell of an entry never gives another day or amount: it is right, or a problem with its line', () => {
    const cells = fc.integer({ min: 9, max: 35 });
    fc.assert(
      fc.property(fc.nat(2), cells, fc.constantFrom(...'0123456789 -ABｱ'), (row, at, char) => {
        const records = zenginRecords([COFFEE]);
        const record = records[1 + row] as string;
        const changed = record.slice(0, at) + char + record.slice(at + 1);
        fc.pre(changed !== record);
        records[1 + row] = changed;
        const file = read(join(records));
        const same =
          JSON.stringify(file.statements[0]?.transactions) ===
          JSON.stringify(read(join(zenginRecords([COFFEE]))).statements[0]?.transactions);
        // Days stand in no total: one that is a day again is what the file says. All else shows.
        const dayAgain = at < 21 && file.statements[0]?.transactions.length === 3;
        expect(same || dayAgain || file.problems.length > 0).toBe(true);
        for (const t of file.statements[0]?.transactions ?? [])
          expect(t.date !== null && t.date > '2016-11' && t.date < '2026-12-24').toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it('one changed digit of an amount never passes as complete', () => {
    fc.assert(
      fc.property(fc.nat(2), fc.integer({ min: 24, max: 35 }), fc.nat(9), (row, at, digit) => {
        const records = zenginRecords([COFFEE]);
        const record = records[1 + row] as string;
        const changed = record.slice(0, at) + digit + record.slice(at + 1);
        fc.pre(changed !== record);
        records[1 + row] = changed;
        expect(read(join(records)).verdict).toBe('partial');
      }),
    );
  });
});
