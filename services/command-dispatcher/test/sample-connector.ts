/** A small bank with a login, a menu of accounts, paged histories and a log-out. Not yet parsed. */
export function sampleConnector() {
  const text = (name: string) => ({ en: name, ja: name });
  const html = (select: string) => ({ as: 'html', markers: [{ select }] });
  return {
    id: 'sample-bank',
    version: 3,
    name: text('Sample bank'),
    institution: { code: '9999', name: 'SAMPLE' },
    development: true,
    origin: 'https://localhost:8443',
    certificate: { issuer: 'Sample CA' },
    charset: 'shift_jis',
    secrets: {
      userId: { label: text('User id'), pattern: '[0-9]{8}' },
      password: { label: text('Password'), pattern: '.{4,20}' },
    },
    requests: {
      loginForm: { method: 'GET', path: '/login', effect: 'read', headers: { accept: 'text/html' } },
      login: {
        method: 'POST',
        path: '/login',
        effect: 'once',
        form: {
          token: { fact: 'token', pattern: '[a-z0-9]{1,40}' },
          userId: { secret: 'userId' },
          password: { secret: 'password' },
          go: { literal: '送信' },
        },
      },
      history: {
        method: 'GET',
        path: '/history',
        effect: 'read',
        query: {
          account: { param: 'account', pattern: '[0-9]{1,10}' },
          from: { run: 'from', format: 'yyyyMMdd' },
          to: { run: 'to', format: 'yyyy/MM/dd' },
        },
      },
      historyNext: {
        method: 'GET',
        path: '/history',
        effect: 'read',
        query: { account: { param: 'account', pattern: '[0-9]{1,10}' }, page: { fact: 'nextPage', pattern: '[0-9]{1,3}' } },
      },
      logout: { method: 'GET', path: '/logout', effect: 'read' },
    },
    pages: {
      loginPage: { match: html('#login'), answers: ['loginForm'], facts: { token: { select: '#token' } } },
      loginRefused: { match: html('#refused'), answers: ['login'], facts: { code: { select: '#code' } } },
      menu: {
        match: html('#menu'),
        answers: ['login'],
        lists: { accounts: { rows: 'tr', fields: { account: { select: 'a' }, kind: { select: 'b' } } } },
      },
      historyPage: {
        match: html('#history'),
        answers: ['history', 'historyNext'],
        facts: { nextPage: { select: '#next', optional: true } },
      },
      bye: { match: html('#bye'), answers: ['logout'] },
    },
    start: 'loginForm',
    transitions: [
      { page: 'loginPage', next: [{ request: 'login' }] },
      { page: 'loginRefused', when: { code: 'E01' }, next: { fail: 'CREDENTIALS_REJECTED' } },
      { page: 'loginRefused', next: { fail: 'NOTICE_TO_ACKNOWLEDGE' } },
      {
        page: 'menu',
        next: [{ request: 'history', each: 'accounts', where: { kind: 'ordinary' } }, { request: 'logout' }],
      },
      {
        page: 'historyPage',
        verdict: ['more_needed'],
        next: [{ request: 'historyNext', params: { account: { param: 'account' }, page: { fact: 'nextPage' } } }],
      },
      { page: 'historyPage', verdict: ['partial'], next: { fail: 'INCOMPLETE_DATA' } },
      { page: 'historyPage', verdict: ['complete', 'empty_proven'], next: [] },
      { page: 'bye', next: [] },
    ],
    limits: { maxSteps: 20, maxMinutes: 10, maxDays: 90 },
  };
}
