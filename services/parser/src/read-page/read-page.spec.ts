import { readFileSync } from 'node:fs';
import { Connector } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import type { BankResponse } from './match-page.js';
import { readPage, selectorProblems } from './read-page.js';

const BANK = new URL('../../../../examples/bank/', import.meta.url);
const connector = Connector.parse(JSON.parse(readFileSync(new URL('connector.json', BANK), 'utf8')));
const sample = (name: string) => readFileSync(new URL(`samples/${name}`, BANK));
interface Truth {
  accounts: {
    key: string;
    number: string;
    type: string;
    branch: { code: string };
    balance: string;
    channel: string;
    transactions: { amount: string }[];
  }[];
}
const truth = JSON.parse(sample('truth.json').toString()) as Truth;

const html = (body: Uint8Array, status = 200): BankResponse => ({
  status,
  headers: { 'content-type': 'text/html; charset=Shift_JIS' },
  body,
});
const text = (markup: string, status = 200) => html(iconv.encode(markup, 'cp932'), status);
const read = (request: string, response: BankResponse, params: Record<string, string> = {}) =>
  readPage(connector, { request, params, fetchedOn: '2026-11-20' }, response);
const edited = (name: string, edit: (markup: string) => string) => text(edit(iconv.decode(sample(name), 'cp932')));

describe('A4 the pages of Tsubame Bank', () => {
  it.each([
    ['loginForm', 'login.html', 'login'],
    ['loginSubmit', 'rejected.html', 'loginRejected'],
    ['loginSubmit', 'locked.html', 'locked'],
    ['loginSubmit', 'certificate-of-another.html', 'certificateOfAnother'],
    ['accounts', 'notice.html', 'notice'],
    ['history', 'expired.html', 'sessionExpired'],
    ['zengin', 'expired.html', 'sessionExpired'],
  ])('%s answered by %s is %s', (request, name, page) => {
    expect(read(request, html(sample(name)))).toMatchObject({ page, verdict: 'not_a_statement', cause: null, staged: null });
  });
  it('maintenance is known by its status and its words', () => {
    expect(read('accounts', html(sample('maintenance.html'), 503))).toMatchObject({ page: 'maintenance', cause: null });
  });
  it('a redirect is known by where it leads, absolute or not', () => {
    const to = (location: string): BankResponse => ({ status: 302, headers: { location }, body: new Uint8Array() });
    expect(read('loginSubmit', to('/ib/accounts'))).toMatchObject({ page: 'loggedIn', verdict: 'not_a_statement' });
    expect(read('loginSubmit', to(`${connector.origin}/ib/accounts`))).toMatchObject({ page: 'loggedIn' });
    expect(read('loginSubmit', to('https://elsewhere.example/ib/accounts'))).toMatchObject({ page: null, cause: 'UNKNOWN_PAGE' });
    expect(read('loginSubmit', to('/ib/other'))).toMatchObject({ page: null, cause: 'UNKNOWN_PAGE' });
  });
  it('gives the facts that the connector names, and nothing else', () => {
    expect(read('loginForm', html(sample('login.html')))).toMatchObject({ facts: { csrf: 'c2FtcGxlLWNzcmYtdG9rZW4tMDE' }, lists: {} });
  });
  it('gives the accounts to the ledger, and of them only the named fields to the loop', () => {
    const reading = read('accounts', html(sample('accounts.html')));
    expect(reading.staged?.accounts.map((a) => [a.key, a.branch, a.type, a.number, a.balance.minor, a.asOf])).toEqual(
      truth.accounts.map((a) => [a.key, a.branch.code, a.type, a.number, a.balance, '2026-11-20']),
    );
    expect(reading.lists).toEqual({
      accounts: truth.accounts.map((a) => ({
        key: a.key,
        download: { zengin: '全銀形式', csv: 'CSV形式', html: 'お取扱なし' }[a.channel],
      })),
    });
  });
});

describe('A4 the list of accounts', () => {
  it('says how many there are, and a page with more than that is refused', () => {
    expect(read('accounts', html(sample('accounts.html'))).staged).toMatchObject({ accountsDeclared: 4 });
    const fewer = edited('accounts.html', (markup) => markup.replace('4口座', '3口座'));
    expect(read('accounts', fewer)).toMatchObject({ cause: 'INCOMPLETE_DATA', detail: 'page accounts: accounts: 4 rows, 3 declared' });
    const silent = edited('accounts.html', (markup) => markup.replace('4口座', ''));
    expect(read('accounts', silent)).toMatchObject({ cause: 'SITE_CHANGED', detail: expect.stringContaining('accounts.count') });
  });
  it('gives kinds as they are printed, and currencies by their code or their name; one that is not known is refused', () => {
    const foreign = structuredClone(connector);
    if (foreign.pages.accounts?.accounts) foreign.pages.accounts.accounts.currency = { select: 'td.meigi', optional: false };
    const listed = (...currencies: string[]) => {
      const page = edited('accounts.html', (markup) => {
        let at = 0;
        return markup.replaceAll(/<TD class="meigi">[^\n]*/g, () => `<TD class="meigi">${currencies[at++ % currencies.length]}`);
      });
      return readPage(foreign, { request: 'accounts', params: {}, fetchedOn: '2026-11-20' }, page);
    };
    expect(listed('USD', '米ドル', 'ユーロ', '円').staged?.accounts).toMatchObject([
      { kind: '普通預金', currency: 'USD' },
      { kind: '当座預金', currency: 'USD' },
      { kind: '貯蓄預金', currency: 'EUR' },
      { kind: '普通預金', currency: 'JPY' },
    ]);
    const named = edited('accounts.html', (markup) => markup.replace('貯蓄預金', '外貨普通預金（ＵＳＤ）'));
    expect(read('accounts', named).staged?.accounts[2]).toMatchObject({ currency: 'USD' });
    expect(listed('ガロン')).toMatchObject({ cause: 'INCOMPLETE_DATA', detail: expect.stringContaining('currency') });
    expect(read('accounts', html(sample('accounts.html'))).staged?.accounts[0]).toMatchObject({ currency: null });
  });
});

describe('A4 how far a statement is complete', () => {
  it('pages of a history: more is needed until the last, and all rows are there', () => {
    const savings = truth.accounts.find((a) => a.channel === 'html' && a.transactions.length > 0);
    const pages = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => read('history', html(sample(`history-${n}.html`)), { account: 'A' }));
    expect(pages.map((p) => p.verdict)).toEqual([...Array<string>(7).fill('more_needed'), 'complete']);
    expect(pages.map((p) => p.facts.nextPage ?? null)).toEqual(['2', '3', '4', '5', '6', '7', '8', null]);
    expect(pages.flatMap((p) => p.staged?.statement?.transactions.map((t) => t.amount.minor) ?? [])).toEqual(
      savings?.transactions.map((t) => t.amount),
    );
    expect(pages[7]?.staged?.statement).toMatchObject({ accountKey: 'A', page: 8, pages: 8, totalRows: 144 });
  });
  it('the days that it lists are those that the page states, also when it lists nothing', () => {
    const period = { from: '2026-03-01', to: '2026-11-20' };
    for (const name of ['history-1.html', 'empty.html'])
      expect(read('history', html(sample(name))).staged?.statement).toMatchObject({ period, channel: 'html' });
    const turned = edited('empty.html', (markup) => markup.replace('2026年3月1日', '2027年3月1日'));
    expect(read('history', turned)).toMatchObject({ cause: 'INCOMPLETE_DATA', detail: expect.stringContaining('statement.period') });
  });
  it('the days that a file lists are those that its header states', () => {
    for (const [request, name, channel] of [
      ['zengin', 'ordinary.zengin', 'zengin03'],
      ['csv', 'current.csv', 'csv'],
    ] as const) {
      const file: BankResponse = { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: sample(name) };
      expect(read(request, file).staged?.statement).toMatchObject({ period: { from: '2026-03-01', to: '2026-11-20' }, channel });
    }
  });
  it('a header alone is not the word of the bank that the days above it are empty; two equal balances are', () => {
    const file = (...lines: string[]): BankResponse => ({
      status: 200,
      headers: { 'content-type': 'text/csv; charset=Shift_JIS' },
      body: iconv.encode([...lines, 'お取引日,起算日,お支払金額,お預り金額,差引残高,摘要,お取引先', ''].join('\r\n'), 'cp932'),
    });
    const days = '照会期間,2026/10/01～2026/10/31';
    const statement = (...lines: string[]) => read('csv', file(...lines)).staged?.statement;
    expect(read('csv', file(days))).toMatchObject({ verdict: 'empty_proven', cause: null });
    expect(statement(days)).toMatchObject({ period: null });
    expect(statement(days, '期間前残高,500')).toMatchObject({ period: null });
    const period = { from: '2026-10-01', to: '2026-10-31' };
    expect(statement(days, '期間前残高,500', '期間末残高,500')).toMatchObject({ period });
    expect(statement(days, '明細件数,0件')).toMatchObject({ period });
    expect(read('csv', file(days, '期間前残高,500', '期間末残高,600'))).toMatchObject({ cause: 'INCOMPLETE_DATA' });
  });
  it('a file names its kind and its currency only where it prints them', () => {
    const file = (account: string): BankResponse => ({
      status: 200,
      headers: { 'content-type': 'text/csv; charset=Shift_JIS' },
      body: iconv.encode(`口座,${account}\r\nお取引日,起算日,お支払金額,お預り金額,差引残高,摘要,お取引先\r\n`, 'cp932'),
    });
    const named = (account: string) => read('csv', file(account)).staged?.statement?.account;
    expect(named('普通 1234567')).toMatchObject({ kind: '普通', type: 'ordinary', currency: null, number: '1234567' });
    expect(named('外貨普通預金USD 1234567')).toMatchObject({ kind: '外貨普通預金USD', type: 'other', currency: 'USD', number: '1234567' });
    expect(named('定期預金 1234567')).toMatchObject({ kind: '定期預金', type: 'other', currency: null });
  });
  it('empty only when the bank says so', () => {
    expect(read('history', html(sample('empty.html')))).toMatchObject({ page: 'history', verdict: 'empty_proven', rows: 0, cause: null });
    const silent = edited('history-8.html', (markup) => markup.replaceAll('meisai-row', 'row'));
    expect(read('history', silent)).toMatchObject({ page: 'history', verdict: 'partial', cause: 'INCOMPLETE_DATA' });
  });
  it('files prove themselves', () => {
    const file = (name: string): BankResponse => ({
      status: 200,
      headers: { 'content-type': 'application/octet-stream' },
      body: sample(name),
    });
    expect(read('zengin', file('ordinary.zengin'))).toMatchObject({ page: 'zenginFile', verdict: 'complete', rows: 293, cause: null });
    expect(read('zengin', file('empty.zengin'))).toMatchObject({ verdict: 'empty_proven' });
    expect(read('csv', file('current.csv'))).toMatchObject({ page: 'csvFile', verdict: 'complete', rows: 177 });
    expect(read('csv', file('empty.csv'))).toMatchObject({ verdict: 'empty_proven' });
    const cut = { ...file('ordinary.zengin'), body: sample('ordinary.zengin').subarray(0, 20_200) };
    expect(read('zengin', cut)).toMatchObject({
      page: 'zenginFile',
      verdict: 'partial',
      cause: 'INCOMPLETE_DATA',
      detail: expect.stringContaining('TRAILER_MISSING'),
      staged: null,
    });
  });
  it('a CSV of a header alone says that nothing moved; one of two accounts says nothing of either', () => {
    const csv = (lines: string[]): BankResponse => ({ status: 200, headers: {}, body: iconv.encode(`${lines.join('\r\n')}\r\n`, 'cp932') });
    const header = 'お取引日,起算日,お支払金額,お預り金額,差引残高,摘要,お取引先';
    expect(read('csv', csv([header]))).toMatchObject({ page: 'csvFile', verdict: 'empty_proven', rows: 0, cause: null });
    const rows = ['普通 1234567,2026/10/05,,500,,1000,振込,', '当座 7654321,2026/10/05,,,7,7,振込,'];
    expect(read('csv', csv([`照会口座,${header}`, ...rows]))).toMatchObject({ verdict: 'partial', cause: 'INCOMPLETE_DATA', staged: null });
  });
  it.each([
    ['a row fewer than declared', (m: string) => m.replace('全144件', '全2件').replace('8 / 8', '1 / 1'), 'INCOMPLETE_DATA'],
    ['an amount that is none', (m: string) => m.replace('>500円', '>5OO円'), 'INCOMPLETE_DATA'],
    ['a day that is none', (m: string) => m.replace('2026年11月12日', '2026年11月31日'), 'INCOMPLETE_DATA'],
    ['page 9 of 8', (m: string) => m.replace('8 / 8', '9 / 8'), 'INCOMPLETE_DATA'],
    ['no word of how many', (m: string) => m.replace('class="kensu"', 'class="kazu"'), 'SITE_CHANGED'],
    ['a column of another name', (m: string) => m.replaceAll('class="tekiyo"', 'class="naiyo"'), 'SITE_CHANGED'],
  ])('%s is no statement', (_what, edit, cause) => {
    const reading = read('history', edited('history-8.html', edit));
    expect(reading).toMatchObject({ page: 'history', cause, staged: null });
    expect(reading.detail).toMatch(/^page history: /);
  });
});

describe('A4 what is not known is not guessed', () => {
  it('another page at all is UNKNOWN_PAGE', () => {
    expect(read('accounts', html(sample('accounts-changed.html')))).toMatchObject({
      page: null,
      verdict: 'unknown',
      cause: 'UNKNOWN_PAGE',
    });
    expect(read('accounts', html(sample('history-1.html')))).toMatchObject({ page: null, cause: 'UNKNOWN_PAGE' });
    expect(read('zengin', text('<h1>何か</h1>'))).toMatchObject({ cause: 'UNKNOWN_PAGE' });
  });
  it('a known page without what it promises is SITE_CHANGED, with the name of what is missing', () => {
    const noTable = edited('accounts.html', (m) => m.replaceAll('kouza-row', 'kouza-gyo'));
    expect(read('accounts', noTable)).toMatchObject({
      page: null,
      cause: 'SITE_CHANGED',
      detail: 'page accounts: marker table.kouza tr.kouza-row: not found',
    });
    const noToken = edited('login.html', (m) => m.replace('name="_csrf"', 'name="token"'));
    expect(read('loginForm', noToken)).toMatchObject({
      page: 'login',
      cause: 'SITE_CHANGED',
      detail: 'page login: facts.csrf (input[name="_csrf"]): not found',
    });
  });
  it('words in scripts and comments are no markers', () => {
    // Every page of the bank has the words of sessionExpired inside a script.
    expect(read('accounts', html(sample('accounts.html'))).page).toBe('accounts');
  });
  it('a fault of the bank is BANK_DOWN, too many requests RATE_LIMITED', () => {
    expect(read('accounts', text('<h1>Internal Server Error</h1>', 500))).toMatchObject({ cause: 'BANK_DOWN' });
    expect(read('zengin', { status: 502, headers: {}, body: new Uint8Array() })).toMatchObject({ cause: 'BANK_DOWN' });
    expect(read('accounts', text('slow down', 429))).toMatchObject({ cause: 'RATE_LIMITED' });
  });
  it('details never repeat what the page says', () => {
    const reading = read(
      'history',
      edited('history-8.html', (m) => m.replace('>500円', '>SECRET円')),
    );
    expect(JSON.stringify(reading)).not.toContain('SECRET');
  });
});

describe('reading a page is total', () => {
  it('for any bytes and any request', () => {
    const pieces = fc.constantFrom(
      '<h2>ログイン</h2>',
      '<form id=loginForm>',
      '<table class=meisai>',
      '<tr class=meisai-row>',
      '<p class=kensu>',
      '1件',
      '</',
      '<!--',
      '<b>',
    );
    const markup = fc
      .array(fc.oneof(pieces, fc.string({ maxLength: 20 })), { maxLength: 30 })
      .map((list) => iconv.encode(list.join(''), 'cp932'));
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(connector.requests)),
        fc.oneof(markup, fc.uint8Array({ maxLength: 300 })),
        fc.constantFrom(200, 302, 404, 500),
        fc.constantFrom(undefined, 'text/html', 'application/octet-stream', 'text/csv; charset=utf-8'),
        (request, body, status, type) => {
          const reading = read(request, { status, headers: { 'content-type': type }, body });
          expect(reading.cause !== null || reading.page !== null).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
  it('elements that lie too deep are refused at once, at the first that does', () => {
    // With html and body: 512.
    expect(read('accounts', text('<div>'.repeat(510)))).toMatchObject({ cause: 'UNKNOWN_PAGE', ended: null });
    for (const depth of [511, 20_000])
      expect(read('accounts', text('<div>'.repeat(depth)))).toMatchObject({
        cause: 'UNKNOWN_PAGE',
        detail: 'depth: elements lie deeper than 512',
        ended: 'depth',
      });
  });
  it('a page that would make many elements out of few characters is refused before they are made', () => {
    // Built to its end: 750,000 elements out of 12,000 characters.
    const open = Array.from({ length: 500 }, (_, i) => `<b a${i}>`).join('');
    const markup = `<p>${open}${'<p>x'.repeat(1_500)}`;
    expect(read('accounts', text(markup))).toMatchObject({
      cause: 'UNKNOWN_PAGE',
      detail: `nodes: the page makes more than ${1_000 + markup.length} elements and attributes`,
      ended: 'nodes',
    });
  });
  it('a page of more elements or attributes than a page may have is refused', () => {
    const limited = (markup: string) =>
      readPage(connector, { request: 'accounts', params: {}, fetchedOn: '2026-11-20' }, text(markup), 1_000);
    expect(limited('<br>'.repeat(997))).toMatchObject({ ended: null });
    expect(limited('<br>'.repeat(998))).toMatchObject({ cause: 'UNKNOWN_PAGE', ended: 'nodes' });
    const attributes = Array.from({ length: 1_000 }, (_, i) => `a${i}`).join(' ');
    expect(limited(`<p ${attributes}>`)).toMatchObject({ ended: 'nodes' });
  });
  it('a page is never refused for its number of elements when each of them stands in it', () => {
    const tag = fc.constantFrom(
      '<b>',
      '<td>',
      '<tr>',
      '<table>',
      '<p>',
      '</p>',
      '<a href=x>',
      '</a>',
      '<br>',
      'x',
      '<li>',
      '<select>',
      '<option>',
    );
    fc.assert(
      fc.property(fc.array(tag, { maxLength: 400 }), (tags) => {
        // Formatting is closed where it ends: what HTML repeats by itself is counted elsewhere.
        const markup = tags.map((one) => (one === '<b>' ? '<b>x</b>' : one === '<a href=x>' ? '<a href=x>x</a>' : one)).join('');
        expect(read('accounts', text(markup)).ended).not.toBe('nodes');
      }),
    );
  });
  it('A4 an answer larger than its order allows is not read, whoever sent it', () => {
    const { maxBytes } = connector.requests.accounts!;
    const page = sample('accounts.html');
    const filled = (bytes: number) => html(Buffer.concat([page, Buffer.alloc(bytes - page.length, ' ')]));
    expect(read('accounts', filled(maxBytes))).toMatchObject({ page: 'accounts', ended: null });
    expect(read('accounts', filled(maxBytes + 1))).toMatchObject({
      page: null,
      cause: 'UNKNOWN_PAGE',
      detail: `too_large: the answer is larger than the ${maxBytes} bytes of its order`,
      ended: 'too_large',
      staged: null,
    });
  });
  it('a connector with a selector that is none is told', () => {
    expect(selectorProblems(connector)).toEqual([]);
    const broken = structuredClone(connector);
    broken.pages.login = { ...broken.pages.login!, facts: { csrf: { select: 'input[', optional: false } } };
    expect(selectorProblems(broken)).toEqual(['pages.login.facts.csrf.select: is not a CSS selector']);
  });
});
