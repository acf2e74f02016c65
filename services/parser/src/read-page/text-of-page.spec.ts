import { readFileSync } from 'node:fs';
import { Connector } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { readPage } from './read-page.js';

const BANK = new URL('../../../../examples/bank/', import.meta.url);
const connector = Connector.parse(JSON.parse(readFileSync(new URL('connector.json', BANK), 'utf8')));
const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

const read = (request: string, body: Uint8Array, type?: string) =>
  readPage(
    connector,
    { request, params: { account: 'A' }, fetchedOn: '2026-11-20' },
    { status: 200, headers: type === undefined ? {} : { 'content-type': type }, body },
  );

describe('A4 the characters of a page', () => {
  const login = (head: string) =>
    `<html><head>${head}<title>x</title></head><body><h2>ログイン</h2><form id="loginForm"><input name="_csrf" value="c"><input name="userId"><input name="password"></form></body></html>`;
  const META = '<meta charset="utf-8">';
  const OLD_META = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">';
  it.each([
    ['a byte order mark, whatever the header says', Buffer.concat([MARK, Buffer.from(login(''))]), 'text/html; charset=Shift_JIS'],
    ['a byte order mark without any header', Buffer.concat([MARK, Buffer.from(login(''))]), undefined],
    ['the header, whatever the page says', Buffer.from(login('<meta charset="euc-jp">')), 'text/html; charset=UTF-8'],
    ['the page, when the header is silent', Buffer.from(login(META)), 'text/html'],
    ['the page in the old way', Buffer.from(login(OLD_META)), 'text/html'],
    ['the page, when the header has a charset of no Japanese page', Buffer.from(login(META)), 'text/html; charset=ISO-8859-1'],
    ['the connector, when neither says it', iconv.encode(login(''), 'cp932'), 'text/html'],
    ['the connector, when only a comment says another', iconv.encode(login(`<!-- ${META} -->`), 'cp932'), 'text/html'],
    ['a mark of UTF-16', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(login(''), 'utf16le')]), 'text/html'],
    ['a header of ISO-2022-JP', Buffer.from(login('').replace('ログイン', '\x1b$B%m%0%$%s\x1b(B')), 'text/html; charset=iso-2022-jp'],
  ])('are told by %s', (_what, body, type) => {
    expect(read('loginForm', body, type)).toMatchObject({ page: 'login', cause: null, facts: { csrf: 'c' } });
  });
  it('are not guessed when the bytes contradict: the cause has the evidence', () => {
    expect(read('loginForm', Buffer.from(login('')), 'text/html')).toMatchObject({
      page: null,
      cause: 'UNKNOWN_PAGE',
      detail: expect.stringMatching(/not sure .*; charset: shift_jis by connector; the bytes fit utf-8/),
    });
    expect(read('loginForm', iconv.encode(login(META), 'cp932'), 'text/html')).toMatchObject({
      cause: 'UNKNOWN_PAGE',
      detail: expect.stringContaining('utf-8 by meta, shift_jis by connector; the bytes fit shift_jis'),
    });
  });
  it('are part of the cause when some of them are none', () => {
    const broken = Buffer.concat([iconv.encode(login('').replace('userId', 'user'), 'cp932'), Buffer.from([0xfd])]);
    expect(read('loginForm', broken, 'text/html')).toMatchObject({
      cause: 'SITE_CHANGED',
      detail: expect.stringMatching(/not found; charset: shift_jis by connector; the bytes fit none that is known$/),
    });
  });
  it('of a file are told by the same evidence', () => {
    const csv = Buffer.from('お取引日,起算日,お支払金額,お預り金額,差引残高,摘要,お取引先\n2026/10/05,,500,,1000,振込,ﾐﾅﾄ\n');
    expect(read('csv', csv, 'text/csv; charset=utf-8')).toMatchObject({ page: 'csvFile', cause: null, rows: 1 });
    expect(read('csv', csv, 'text/csv')).toMatchObject({
      cause: 'UNKNOWN_PAGE',
      detail: expect.stringMatching(/ENCODING_UNKNOWN .*shift_jis by connector; the bytes fit utf-8/),
    });
  });
});

describe('A5 the text of a cell', () => {
  const row = (cells: Record<'hiduke' | 'tekiyo' | 'shiharai' | 'azukari' | 'zandaka', string>) =>
    `<tr class="meisai-row">${Object.entries(cells)
      .map(([name, inner]) => `<td class="${name}">${inner}</td>`)
      .join('')}</tr>`;
  const history = (cells: Partial<Parameters<typeof row>[0]>) => {
    const whole = { hiduke: '2026年11月5日', tekiyo: '振込', shiharai: '', azukari: '5,000円', zandaka: '105,000円', ...cells };
    const page = `<html><body><h2>入出金明細照会</h2><table class="kouza-joho"><tr><td>照会期間 2026年11月1日～2026年11月20日</td></tr></table><p class="kensu">全1件</p><p class="peji">1 / 1ページ</p><table class="meisai">${row(whole)}</table></body></html>`;
    return read('history', iconv.encode(page, 'cp932'), 'text/html; charset=Shift_JIS');
  };
  const entry = (cells: Partial<Parameters<typeof row>[0]>) => history(cells).staged?.statement?.transactions[0];
  it.each([
    '振込<br>ヤマダ<br>ハナコ',
    '振込<div>ヤマダ<div>ハナコ</div></div>',
    '<p>振込</p><p>ヤマダ</p>ハナコ',
    '<span>振込 </span><ul><li>ヤマダ<li>ハナコ</ul>',
  ])('has a blank where a line ends: %s', (tekiyo) => expect(entry({ tekiyo })).toMatchObject({ description: '振込 ヤマダ ハナコ' }));
  it('has none where only the look changes', () => {
    expect(entry({ tekiyo: '振<b>込</b><wbr>ヤ<span>マ</span>ダ' })).toMatchObject({ description: '振込ヤマダ' });
  });
  it('a date that is broken in two lines is that date', () => {
    expect(entry({ hiduke: '2026年<br>11月10日' })).toMatchObject({ date: '2026-11-10' });
  });
  it('a mark beside a digit is no digit', () => {
    expect(history({ hiduke: '2026年11月1①日' })).toMatchObject({ cause: 'INCOMPLETE_DATA', staged: null });
    expect(history({ azukari: '500①円' })).toMatchObject({ cause: 'INCOMPLETE_DATA', staged: null });
  });
  it('two amounts in one cell are none', () => {
    expect(history({ azukari: '500<br>300円' })).toMatchObject({ cause: 'INCOMPLETE_DATA', staged: null });
  });
  it('a balance carried forward or a total is no entry', () => {
    for (const tekiyo of ['前月繰越', '合計']) expect(history({ tekiyo })).toMatchObject({ cause: 'INCOMPLETE_DATA', staged: null });
  });
  it('an amount broken by markup at any place is right, or the page is incomplete', () => {
    const markup = fc.constantFrom('<br>', '<div>', '<p>', '<span>', '<b></b>', '<!-- x -->', '&nbsp;', '\n');
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 9_999_999 }), fc.nat(8), markup, (value, place, put) => {
        const printed = value.toLocaleString('en-US');
        const at = 1 + (place % (printed.length - 1));
        const reading = history({ azukari: `${printed.slice(0, at)}${put}${printed.slice(at)}円` });
        const minor = reading.staged?.statement?.transactions[0]?.amount.minor;
        expect(minor === undefined ? reading.cause : minor).toBe(minor === undefined ? 'INCOMPLETE_DATA' : String(value));
      }),
    );
  });
});
