import { describe, expect, it } from '@jest/globals';
import { CSV_PROFILES, columnsOf } from './csv-profiles.js';
import { readStatement } from './read-statement.js';
import { toJson } from './statement-file.js';

/** Header and one row as these banks and cards print them, newest first or not. */
const FILES: [profile: string, header: string, row: string, date: string, amount: string][] = [
  ['tsubame-bank', 'お取引日,起算日,お支払金額,お預り金額,差引残高,摘要,お取引先', '2026/10/05,,500,,1000,振込,ｴﾝｲｼ', '2026-10-05', '-500'],
  [
    'mufg',
    '日付,摘要,摘要内容,支払い金額,預かり金額,差引残高,メモ,未資金化区分,入払区分',
    '2026/10/5,振込,ｴﾝｲｼ,,"1,500","2,500",,,入金',
    '2026-10-05',
    '1500',
  ],
  ['smbc', '年月日,お引出し,お預入れ,お取り扱い内容,残高,メモ,ラベル', 'R8.10.5,500,,カード,1000,,', '2026-10-05', '-500'],
  [
    'jp-bank',
    '取引日,入出金明細ＩＤ,受入金額（円）,払出金額（円）,詳細１,詳細２,現在（貸付）高',
    '20261005,0001,,500,カード,,1000',
    '2026-10-05',
    '-500',
  ],
  ['rakuten-bank', '取引日,入出金(円),取引後残高(円),入出金内容', '20261005,-500,1000,コンビニ', '2026-10-05', '-500'],
  ['sbi-sumishin', '日付,内容,出金金額(円),入金金額(円),残高(円),メモ', '2026/10/05,利息,,3,1003,', '2026-10-05', '3'],
  [
    'paypay-bank',
    '操作日(年),操作日(月),操作日(日),操作時刻(時),取引順番号,摘要,お支払金額,お預り金額,残高,メモ',
    '2026,10,5,9,17,振込,500,,1000,',
    '2026-10-05',
    '-500',
  ],
  [
    'rakuten-card',
    '利用日,利用店名・商品名,利用者,支払方法,利用金額,支払手数料,支払総額,10月支払金額',
    '2026/10/05,書店,本人,1回払い,1200,0,1200,1200',
    '2026-10-05',
    '-1200',
  ],
  ['card-ja', 'ご利用日,ご利用店名,ご利用金額（円）', '2026年10月05日,返品,-300', '2026-10-05', '300'],
  ['smbc', '年月日（和暦）,お引出し,お預入れ,お取り扱い内容,残高', 'R8.10.05,500,,カード,1000', '2026-10-05', '-500'],
  ['smbc', '年月日,お引出し,お預入れ,お取扱内容,残高', '2026/10/05,,500,ﾌﾘｺﾐ,1000', '2026-10-05', '500'],
  ['directed-ja', '取扱日,受払区分,金額,詳細1,残高', '2026/10/05,払出,▲500,カード,1000', '2026-10-05', '-500'],
  ['directed-ja', '取扱日,受払区分,金額,詳細1,残高', '2026/10/05,お預入れ,500,カード,1000', '2026-10-05', '500'],
  [
    'account-ja',
    '照会口座,番号,勘定日,(起算日),出金金額(円),入金金額(円),小切手区分,残高(円),取引区分,摘要',
    '普通 1234567,00001,2026年10月05日,,,500,,1000,振込,ヤマダ',
    '2026-10-05',
    '500',
  ],
  ['account-ja', '取扱日,起算日,お支払金額,お預り金額,残高,摘要', '2026/10/05,2026/10/06,,9,9,x', '2026-10-05', '9'],
];

describe('A5 CSV profiles', () => {
  it.each(FILES)('%s is known by its header', (name, header, row, date, amount) => {
    const first = CSV_PROFILES.find((profile) => columnsOf(profile, header.split(',')) !== null);
    expect(first?.name).toBe(name);
    for (const profile of [null, name]) {
      const file = toJson(readStatement(Buffer.from(`${header}\n${row}\n`), { profile }));
      expect(file).toMatchObject({ verdict: 'complete', problems: [], statements: [{ transactions: [{ date, amount }] }] });
    }
  });
  it.each(['預入,▲500', '振替,500', ',500', '払出,'])('a word and a sign that do not agree are unreadable: %s', (pair) => {
    const file = readStatement(Buffer.from(`取扱日,受払区分,金額,詳細1,残高\n2026/10/05,${pair},カード,1000\n`));
    expect(file).toMatchObject({
      verdict: 'partial',
      problems: [{ code: 'AMOUNT_UNREADABLE', line: 2 }],
      statements: [{ transactions: [] }],
    });
  });
  it('have names that can be given on a command line, each once', () => {
    const names = CSV_PROFILES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z-]+$/);
  });
});
