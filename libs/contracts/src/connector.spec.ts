import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Connector, MAX_ONCE_PER_DAY, Pattern } from './connector.js';

const text = { en: 'x', ja: 'x' };
/** A small whole connector: a login, a list of accounts, one page for each. */
function connector() {
  return {
    id: 'small-bank',
    version: 1,
    name: text,
    institution: { code: '0999', name: 'Small Bank' },
    origin: 'https://bank.example',
    certificate: { issuer: 'Small Bank CA' },
    charset: 'shift_jis',
    secrets: { loginId: { label: text, pattern: '\\d{8}' } },
    requests: {
      form: { method: 'GET', path: '/login', effect: 'read' },
      login: {
        method: 'POST',
        path: '/login',
        effect: 'once',
        form: { user: { secret: 'loginId' }, csrf: { fact: 'csrf', pattern: '[a-z]+' } },
      },
      page: { method: 'GET', path: '/account', effect: 'read', query: { no: { param: 'account', pattern: '\\d+' } } },
    } as Record<string, Record<string, unknown>>,
    pages: {
      form: {
        match: { as: 'html', markers: [{ select: 'form' }] },
        answers: ['form'],
        facts: { csrf: { select: 'input', attribute: 'value' } },
      },
      accounts: {
        match: { as: 'html', markers: [{ select: 'table', text: 'Accounts' }] },
        answers: ['login'],
        lists: { accounts: { rows: 'tr', fields: { no: { select: 'td', capture: '(\\d+)' } } } },
      },
    } as Record<string, Record<string, unknown>>,
    start: 'form',
    transitions: [
      { page: 'form', next: [{ request: 'login', params: { csrf: { fact: 'csrf' } } }] },
      { page: 'accounts', next: [{ request: 'page', each: 'accounts', params: { account: { item: 'no' } } }] },
    ] as Record<string, unknown>[],
    limits: {},
  };
}

type Draft = ReturnType<typeof connector>;

/** Where and why the first complaint is. */
function complaint(change: (draft: Draft) => void): string {
  const draft = connector();
  change(draft);
  const parsed = Connector.safeParse(draft);
  if (parsed.success) return 'accepted';
  const issue = parsed.error.issues[0];
  return `${issue?.path.join('.')}: ${issue?.message}`;
}

describe('a connector', () => {
  it('A3 states how many logins a day may have, between 1 and 100', () => {
    for (const maxOncePerDay of [1, MAX_ONCE_PER_DAY]) expect(complaint((d) => void (d.limits = { maxOncePerDay }))).toBe('accepted');
    for (const maxOncePerDay of [0, MAX_ONCE_PER_DAY + 1, 1.5, null])
      expect(complaint((d) => void (d.limits = { maxOncePerDay }))).toMatch(/^limits\.maxOncePerDay: /);
  });

  it('is accepted when all its names meet, with the defaults told', () => {
    const parsed = Connector.parse(connector());
    expect(parsed).toMatchObject({
      currency: 'JPY',
      development: false,
      limits: { maxSteps: 100, maxMinutes: 10, maxDays: 90, maxOncePerDay: 10 },
    });
    expect(parsed.requests['form']).toMatchObject({ query: {}, form: {}, headers: {}, maxBytes: 524_288, timeoutMs: 30_000 });
  });

  it.each<[string, string, (draft: Draft) => void]>([
    ['starts nowhere', 'start: must name one of requests', (d) => void (d.start = 'nowhere')],
    [
      'has a page for an unknown request',
      'pages.form.answers.0: must name one of requests',
      (d) => void ((d.pages['form'] as { answers: string[] }).answers = ['nothing']),
    ],
    [
      'sends a form by GET',
      'requests.form.form: a GET has no form',
      (d) => void ((d.requests['form'] as { form: unknown }).form = { a: { literal: 'b' } }),
    ],
    [
      'may send a POST twice',
      'requests.login.effect: a POST must be sent once',
      (d) => void ((d.requests['login'] as { effect: string }).effect = 'read'),
    ],
    [
      'puts a secret into a URL',
      'requests.page.query.no: a secret never stands in a URL',
      (d) => void ((d.requests['page'] as { query: unknown }).query = { no: { secret: 'loginId' } }),
    ],
    [
      'uses a secret that it does not declare',
      'requests.login.form.user: must name one of secrets',
      (d) => void ((d.requests['login'] as { form: unknown }).form = { user: { secret: 'pin' } }),
    ],
    [
      'goes on from an unknown page',
      'transitions.0.page: must name one of pages',
      (d) => void (d.transitions[0] = { page: 'nowhere', next: [] }),
    ],
    [
      'orders an unknown request',
      'transitions.0.next.0.request: must name one of requests',
      (d) => void (d.transitions[0] = { page: 'form', next: [{ request: 'nothing' }] }),
    ],
    [
      'goes over an unknown list',
      'transitions.1.next.0.each: must name a list of the page',
      (d) => void (d.transitions[1] = { page: 'accounts', next: [{ request: 'page', each: 'cards' }] }),
    ],
    [
      'gives on an unknown fact',
      'transitions.0.next.0.params.csrf: must name a fact of the page',
      (d) => void (d.transitions[0] = { page: 'form', next: [{ request: 'login', params: { csrf: { fact: 'token' } } }] }),
    ],
    [
      'gives on an unknown field',
      'transitions.1.next.0.params.account: must name a field of the list',
      (d) =>
        void (d.transitions[1] = {
          page: 'accounts',
          next: [{ request: 'page', each: 'accounts', params: { account: { item: 'iban' } } }],
        }),
    ],
    [
      'picks by an unknown field',
      'transitions.1.next.0.where.kind: must name a field of the list',
      (d) => void (d.transitions[1] = { page: 'accounts', next: [{ request: 'page', each: 'accounts', where: { kind: 'x' } }] }),
    ],
    [
      'depends on an unknown fact',
      'transitions.0.when.state: must name a fact of the page',
      (d) => void (d.transitions[0] = { page: 'form', when: { state: 'x' }, next: [] }),
    ],
    [
      'captures nothing',
      'pages.form.facts.csrf.capture: must be a regular expression with exactly one group',
      (d) => void ((d.pages['form'] as { facts: unknown }).facts = { csrf: { select: 'input', capture: '\\d+' } }),
    ],
    [
      'captures twice',
      'pages.form.facts.csrf.capture: must be a regular expression with exactly one group',
      (d) => void ((d.pages['form'] as { facts: unknown }).facts = { csrf: { select: 'input', capture: '(a)(b)' } }),
    ],
  ])('that %s is refused with the place', (_, expected, change) => {
    expect(complaint(change)).toBe(expected);
  });

  it.each<[string, string, (draft: Draft) => void]>([
    ['an origin in clear', 'origin', (d) => void (d.origin = 'http://bank.example')],
    ['an origin with a path', 'origin', (d) => void (d.origin = 'https://bank.example/ib')],
    ['an origin with a user in it', 'origin', (d) => void (d.origin = 'https://bank.example@evil.example')],
    ['a path that leaves the host', 'requests.form.path', (d) => void ((d.requests['form'] as { path: string }).path = '//evil.example/')],
    ['a path with a query', 'requests.form.path', (d) => void ((d.requests['form'] as { path: string }).path = '/login?a=b')],
    ['a path that climbs', 'requests.form.path', (d) => void ((d.requests['form'] as { path: string }).path = '/a/../b')],
    ['another method', 'requests.form.method', (d) => void ((d.requests['form'] as { method: string }).method = 'PUT')],
    [
      'a header that is not known',
      'requests.form.headers',
      (d) => void ((d.requests['form'] as { headers: unknown }).headers = { cookie: 'a=b' }),
    ],
    [
      'more bytes than a frame holds',
      'requests.form.maxBytes',
      (d) => void ((d.requests['form'] as { maxBytes: number }).maxBytes = 2_097_153),
    ],
    [
      'a page without a marker',
      'pages.form.match.markers',
      (d) => void ((d.pages['form'] as { match: unknown }).match = { as: 'html', markers: [] }),
    ],
    ['a cause that is not known', 'transitions.0.next', (d) => void (d.transitions[0] = { page: 'form', next: { fail: 'OTHER' } })],
    ['a version 0', 'version', (d) => void (d.version = 0)],
    ['a field that is not known', '', (d) => void Object.assign(d, { script: 'x' })],
  ])('with %s is refused', (_, place, change) => {
    const said = complaint(change);
    expect(said).not.toBe('accepted');
    expect(said.slice(0, said.indexOf(':'))).toContain(place);
  });
});

describe('a pattern', () => {
  it.each(['\\d{8}', '[A-Z0-9]{12}', '(?:a|b)+', ''])('%s is taken', (pattern) => {
    expect(Pattern.safeParse(pattern).success).toBe(true);
  });

  it.each(['(', '[', 'a{2,1}', '(?=a)', '(?!a)', '(?<=a)b', '(?<!a)b', '(?<x>a)', '(a)\\1', '\\k<x>'])('%s is refused', (pattern) => {
    expect(Pattern.safeParse(pattern).success).toBe(false);
  });

  it('never throws whatever stands in it, and what is taken can be used', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 250 }), (pattern) => {
        if (Pattern.safeParse(pattern).success) expect(() => new RegExp(`^(?:${pattern})$`, 'u')).not.toThrow();
      }),
    );
  });
});
