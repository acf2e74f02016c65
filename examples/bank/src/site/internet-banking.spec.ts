import { beforeEach, describe, expect, it } from '@jest/globals';
import { extract, parsePage, select, text } from '../../test/page-reader.js';
import { Counters } from '../admin/counters.js';
import { ORDINARY, type Scenario } from '../admin/scenario.js';
import { CUSTOMERS, type Customer } from '../ledger/customers.js';
import { type Answer, SESSION_COOKIE } from './answer.js';
import { InternetBanking } from './internet-banking.js';
import { MAX_SESSIONS, Sessions, WRONG_TRIES_ALLOWED } from './sessions.js';

const [hanako, taro] = CUSTOMERS as [Customer, Customer];
const HANAKOS = 'AA11';
const TAROS = 'BB22';
const IDLE_MS = 60_000;

let now: number;
let scenario: Scenario;
let counters: Counters;
let sessions: Sessions;
let bank: InternetBanking;

beforeEach(() => {
  now = 0;
  scenario = ORDINARY;
  counters = new Counters();
  sessions = new Sessions(IDLE_MS, () => now);
  const owners = new Map([
    [HANAKOS, 'hanako'],
    [TAROS, 'taro'],
  ]);
  bank = new InternetBanking({
    seed: 1,
    today: () => '2026-11-20',
    sessions,
    counters,
    scenario: () => scenario,
    customerOf: (serial) => owners.get(serial) ?? null,
  });
});

/** A browser with one certificate: keeps the session cookie. */
class Browser {
  cookie: string | undefined;
  constructor(private readonly serial: string) {}

  go(page: 'loginForm' | 'logIn' | 'accounts' | 'acknowledge' | 'history' | 'download' | 'logOut', query = {}, form = {}): Answer {
    const answer = bank[page]({ serial: this.serial, cookie: this.cookie, query, form: new Map(Object.entries(form)) });
    const set = [answer.headers['set-cookie'] ?? []].flat().find((one) => one.startsWith(`${SESSION_COOKIE}=`));
    if (set) this.cookie = /=([\w-]*);/.exec(set)?.[1] || undefined;
    return answer;
  }

  logIn(userId: string, password: string): Answer {
    const _csrf = csrfOn(this.go('loginForm'));
    return this.go('logIn', {}, { _csrf, userId, password });
  }
}

const csrfOn = (answer: Answer): string => extract(parsePage(answer.body), { select: 'input[name="_csrf"]', attribute: 'value' }) ?? '';
const errorOn = (answer: Answer): string => select(parsePage(answer.body), 'p.error').map(text).join();
const EXPIRED = 'セッションがタイムアウトしました';
const REJECTED = 'ご契約番号またはパスワードが違います';
const LOCKED = 'ご利用を停止しております';

describe('the login', () => {
  it('takes the right contract number and password to the accounts', () => {
    const browser = new Browser(HANAKOS);
    const answer = browser.logIn(hanako.userId, hanako.password);
    expect([answer.status, answer.headers.location]).toEqual([302, '/ib/accounts']);
    expect(answer.headers['set-cookie']).toEqual([expect.stringMatching(/; Secure; HttpOnly/)]);
    expect(browser.go('accounts').status).toBe(200);
    expect(counters.read()).toMatchObject({ loginPosts: { hanako: 1 }, loginsAccepted: { hanako: 1 } });
  });

  it('refuses a wrong password and an unknown contract number with the same page', () => {
    const wrong = errorOn(new Browser(HANAKOS).logIn(hanako.userId, 'not-the-password'));
    expect(wrong).toContain(REJECTED);
    expect(errorOn(new Browser(HANAKOS).logIn('99999999', 'not-the-password'))).toBe(wrong);
    expect(counters.read().loginPosts).toEqual({ hanako: 1, unknown: 1 });
  });

  it('locks after three wrong passwords in a row, and the right one then helps no more', () => {
    for (let tries = 1; tries < WRONG_TRIES_ALLOWED; tries++)
      expect(errorOn(new Browser(HANAKOS).logIn(hanako.userId, 'wrong-password'))).toContain(REJECTED);
    expect(errorOn(new Browser(HANAKOS).logIn(hanako.userId, 'wrong-password'))).toContain(LOCKED);
    expect(errorOn(new Browser(HANAKOS).logIn(hanako.userId, hanako.password))).toContain(LOCKED);
    expect(new Browser(TAROS).logIn(taro.userId, taro.password).status).toBe(302);
    sessions.unlock('hanako');
    expect(new Browser(HANAKOS).logIn(hanako.userId, hanako.password).status).toBe(302);
  });

  it('forgets wrong passwords at a right one', () => {
    for (let round = 0; round < 3; round++) {
      expect(errorOn(new Browser(HANAKOS).logIn(hanako.userId, 'wrong-password'))).toContain(REJECTED);
      expect(new Browser(HANAKOS).logIn(hanako.userId, hanako.password).status).toBe(302);
    }
  });

  it('refuses the certificate of another, and counts no wrong password for it', () => {
    for (let tries = 0; tries < 4; tries++)
      expect(errorOn(new Browser(TAROS).logIn(hanako.userId, 'wrong-password'))).toContain('電子証明書とご契約番号が一致しません');
    expect(errorOn(new Browser(TAROS).logIn(hanako.userId, hanako.password))).toContain('電子証明書とご契約番号が一致しません');
    expect(errorOn(new Browser('CC33').logIn(hanako.userId, hanako.password))).toContain('電子証明書とご契約番号が一致しません');
    expect(new Browser(HANAKOS).logIn(hanako.userId, hanako.password).status).toBe(302);
  });

  it('wants the token of its own form, once', () => {
    const browser = new Browser(HANAKOS);
    const _csrf = csrfOn(browser.go('loginForm'));
    const form = { _csrf, userId: hanako.userId, password: hanako.password };
    expect(errorOn(browser.go('logIn', {}, { ...form, _csrf: 'guess' }))).toContain(EXPIRED);
    const again = new Browser(HANAKOS);
    const token = csrfOn(again.go('loginForm'));
    expect(again.go('logIn', {}, { ...form, _csrf: token }).status).toBe(302);
    expect(errorOn(again.go('logIn', {}, { ...form, _csrf: token }))).toContain(EXPIRED);
  });
});

describe('a session', () => {
  it('ends when it was idle, and goes on while it is used', () => {
    const browser = new Browser(HANAKOS);
    browser.logIn(hanako.userId, hanako.password);
    for (let use = 0; use < 3; use++) {
      now += IDLE_MS;
      expect(errorOn(browser.go('accounts'))).toBe('');
    }
    now += IDLE_MS + 1;
    expect(errorOn(browser.go('accounts'))).toContain(EXPIRED);
  });

  it('is of no use with another certificate, after a logout, and after a login elsewhere', () => {
    const browser = new Browser(HANAKOS);
    browser.logIn(hanako.userId, hanako.password);
    const thief = new Browser(TAROS);
    thief.cookie = browser.cookie;
    expect(errorOn(thief.go('accounts'))).toContain(EXPIRED);
    const second = new Browser(HANAKOS);
    second.logIn(hanako.userId, hanako.password);
    expect(errorOn(browser.go('accounts'))).toContain(EXPIRED);
    const { cookie } = second;
    second.go('logOut');
    second.cookie = cookie;
    expect(errorOn(second.go('accounts'))).toContain(EXPIRED);
  });

  it('before the login opens nothing', () => {
    const browser = new Browser(HANAKOS);
    browser.go('loginForm');
    for (const page of ['accounts', 'history', 'download'] as const) expect(errorOn(browser.go(page))).toContain(EXPIRED);
  });

  it(`gives way to newer ones beyond ${MAX_SESSIONS}`, () => {
    const first = sessions.begin(HANAKOS);
    for (let count = 0; count < MAX_SESSIONS; count++) sessions.begin(HANAKOS);
    expect(sessions.find(first.id, HANAKOS)).toBeNull();
    expect(sessions.endAll()).toBe(MAX_SESSIONS);
  });
});

describe('what is asked for', () => {
  it('is served of the customer’s own accounts, in the format of the account, within the days shown', () => {
    const browser = new Browser(HANAKOS);
    browser.logIn(hanako.userId, hanako.password);
    const keyOn = (answer: Answer): string[] =>
      select(parsePage(answer.body), 'a.rireki').map(
        (a) => /account=(\w+)/.exec(a.attrs.find((x) => x.name === 'href')?.value ?? '')?.[1] ?? '',
      );
    const [ordinary, current, savings] = keyOn(browser.go('accounts')) as [string, string, string];
    const period = { from: '20261001', to: '20261120' };
    expect(browser.go('download', { account: ordinary, format: 'zengin', ...period }).headers['content-disposition']).toMatch(
      /^attachment; /,
    );
    expect(browser.go('download', { account: current, format: 'csv', ...period }).status).toBe(200);
    expect(browser.go('history', { account: savings, page: '2' }).status).toBe(200);
    const tarosKey = (() => {
      const other = new Browser(TAROS);
      other.logIn(taro.userId, taro.password);
      return keyOn(other.go('accounts'))[0];
    })();
    for (const [page, query] of [
      ['download', { account: ordinary, format: 'csv', ...period }],
      ['download', { account: savings, format: 'html', from: '20261301', to: '20261120' }],
      ['download', { account: ordinary, format: 'zengin', from: '20261120', to: '20261001' }],
      ['download', { account: tarosKey, format: 'zengin', ...period }],
      ['history', { account: savings, page: '99' }],
      ['history', { account: savings, page: '0' }],
      ['history', { account: savings, page: 'x' }],
      ['history', {}],
    ] as const)
      expect([query, browser.go(page, query).status]).toEqual([query, 404]);
  });
});

describe('out of the ordinary', () => {
  it('a notice stands before the accounts until it is acknowledged', () => {
    scenario = { ...ORDINARY, notice: true };
    const browser = new Browser(HANAKOS);
    browser.logIn(hanako.userId, hanako.password);
    const notice = browser.go('accounts');
    expect(select(parsePage(notice.body), 'form#noticeForm')).toHaveLength(1);
    expect(browser.go('acknowledge', {}, { _csrf: csrfOn(notice) }).status).toBe(302);
    expect(select(parsePage(browser.go('accounts').body), 'table.kouza')).toHaveLength(1);
  });

  it('a login is refused on wish without being counted as wrong', () => {
    scenario = { ...ORDINARY, rejectLogin: true };
    for (let tries = 0; tries < 5; tries++) expect(errorOn(new Browser(HANAKOS).logIn(hanako.userId, hanako.password))).toContain(REJECTED);
    scenario = ORDINARY;
    expect(new Browser(HANAKOS).logIn(hanako.userId, hanako.password).status).toBe(302);
  });

  it('a session ends after so many answers', () => {
    scenario = { ...ORDINARY, expireAfter: 2 };
    const browser = new Browser(HANAKOS);
    browser.logIn(hanako.userId, hanako.password);
    expect([1, 2, 3].map(() => errorOn(browser.go('accounts')).includes(EXPIRED))).toEqual([false, false, true]);
  });
});
