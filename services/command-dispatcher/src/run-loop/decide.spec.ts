import { Connector } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sampleConnector } from '../../test/sample-connector.js';
import { decide, firstState, type PageFacts, refusesSecrets, takeNext } from './decide.js';
import type { LoopState, QueuedOrder } from './loop-state.js';

const connector = Connector.parse(sampleConnector());

function page(over: Partial<PageFacts>): PageFacts {
  return { page: 'menu', verdict: 'not_a_statement', facts: {}, lists: {}, cause: null, detail: null, fingerprint: 'f1', ...over };
}
const asked = (request: string, params: Record<string, string> = {}): QueuedOrder => ({ request, params, facts: {} });
const state = (over: Partial<LoopState> = {}): LoopState => ({ queue: [], seen: [], steps: 1, ...over });

describe('A4 the server judges what follows from an answer', () => {
  it('A4 begins with the start request of the connector', () => {
    const next = takeNext(firstState(connector));
    expect(next).toEqual({ asked: asked('loginForm'), state: { queue: [], seen: [], steps: 1 } });
  });

  it('A4 a fact of the page is given on to the next order', () => {
    const decision = decide(connector, state(), asked('loginForm'), page({ page: 'loginPage', facts: { token: 'abc' } }), 0);
    expect(decision).toMatchObject({ next: 'order', state: { queue: [{ request: 'login', params: {}, facts: { token: 'abc' } }] } });
  });

  it('A4 one order per list item that fits, in the order of the page, the item fields as params', () => {
    const lists = {
      accounts: [
        { account: '1', kind: 'ordinary' },
        { account: '2', kind: 'card' },
        { account: '3', kind: 'ordinary' },
      ],
    };
    const decision = decide(connector, state(), asked('login'), page({ page: 'menu', lists }), 0);
    expect(decision.next === 'order' && decision.state.queue.map((o) => [o.request, o.params])).toEqual([
      ['history', { account: '1', kind: 'ordinary' }],
      ['history', { account: '3', kind: 'ordinary' }],
      ['logout', {}],
    ]);
  });

  it('A4 what follows from a page is asked before what was waiting already, so a log-out stays last', () => {
    const before = state({ queue: [asked('logout')] });
    const decision = decide(
      connector,
      before,
      asked('history', { account: '1' }),
      page({ page: 'historyPage', verdict: 'more_needed', facts: { nextPage: '2' } }),
      0,
    );
    expect(decision).toMatchObject({
      next: 'order',
      state: { queue: [{ request: 'historyNext', params: { account: '1', page: '2' } }, { request: 'logout' }] },
    });
  });

  it('A4 the run may be committed when the queue is empty', () => {
    expect(decide(connector, state(), asked('logout'), page({ page: 'bye' }), 0)).toMatchObject({ next: 'commit', state: { queue: [] } });
  });

  it('A4 a transition by verdict: an incomplete list fails the run instead of storing a part', () => {
    const decision = decide(connector, state(), asked('history', { account: '1' }), page({ page: 'historyPage', verdict: 'partial' }), 0);
    expect(decision).toMatchObject({ next: 'fail', cause: 'INCOMPLETE_DATA' });
  });

  it('A4 a transition by fact comes before the one without', () => {
    const decision = decide(connector, state(), asked('login'), page({ page: 'loginRefused', facts: { code: 'E01' } }), 0);
    expect(decision).toMatchObject({ next: 'fail', cause: 'CREDENTIALS_REJECTED' });
    const other = decide(connector, state(), asked('login'), page({ page: 'loginRefused', facts: { code: 'E99' } }), 0);
    expect(other).toMatchObject({ next: 'fail', cause: 'NOTICE_TO_ACKNOWLEDGE' });
  });
});

describe('a run that cannot go on is failed by name', () => {
  it('with the cause that the answer itself brings', () => {
    expect(decide(connector, state(), asked('login'), page({ page: null, cause: 'CERT_EXPIRED', detail: 'd' }), 0)).toEqual({
      next: 'fail',
      cause: 'CERT_EXPIRED',
      detail: 'd',
    });
  });
  it.each([
    ['no kind of page', page({ page: null })],
    ['a kind that the connector does not have', page({ page: 'elsewhere' })],
    ['a kind with the name of a property of every object', page({ page: 'constructor' })],
    ['the verdict unknown', page({ page: 'menu', verdict: 'unknown' })],
    ['a page that answers another request', page({ page: 'bye' })],
  ])('UNKNOWN_PAGE for %s, never a guess', (_what, read) => {
    expect(decide(connector, state(), asked('login'), read, 0)).toMatchObject({ next: 'fail', cause: 'UNKNOWN_PAGE' });
  });
  it('SITE_CHANGED for a page and verdict without transition', () => {
    const read = page({ page: 'historyPage', verdict: 'not_a_statement' });
    expect(decide(connector, state(), asked('history'), read, 0)).toMatchObject({ next: 'fail', cause: 'SITE_CHANGED' });
  });
  it('SITE_CHANGED when a fact or list that the next order needs is not on the page', () => {
    const noFact = page({ page: 'historyPage', verdict: 'more_needed' });
    expect(decide(connector, state(), asked('history', { account: '1' }), noFact, 0)).toMatchObject({
      next: 'fail',
      cause: 'SITE_CHANGED',
    });
    expect(decide(connector, state(), asked('login'), page({ page: 'menu' }), 0)).toMatchObject({ next: 'fail', cause: 'SITE_CHANGED' });
  });
  it('NO_PROGRESS when the same request with the same params brings the same page', () => {
    const read = page({ page: 'historyPage', verdict: 'more_needed', facts: { nextPage: '1' }, fingerprint: 'same' });
    const first = decide(connector, state(), asked('historyNext', { account: '1', page: '1' }), read, 0);
    if (first.next !== 'order') throw new Error('the first time is fine');
    const second = decide(connector, first.state, asked('historyNext', { page: '1', account: '1' }), read, 0);
    expect(second).toMatchObject({ next: 'fail', cause: 'NO_PROGRESS' });
  });
  it('the same page for another account is progress', () => {
    const read = page({ page: 'historyPage', verdict: 'empty_proven', fingerprint: 'same' });
    const first = decide(connector, state(), asked('history', { account: '1' }), read, 0);
    if (first.next === 'fail') throw new Error('the first time is fine');
    expect(decide(connector, first.state, asked('history', { account: '2' }), read, 0).next).toBe('commit');
  });
  it('BUDGET_SPENT before an order beyond maxSteps is asked', () => {
    const lists = { accounts: Array.from({ length: 30 }, (_, i) => ({ account: String(i), kind: 'ordinary' })) };
    expect(decide(connector, state(), asked('login'), page({ lists }), 0)).toMatchObject({ next: 'fail', cause: 'BUDGET_SPENT' });
  });
  it('BUDGET_SPENT after maxMinutes, but an answer that was the last one still counts', () => {
    const late = 11 * 60_000;
    const read = page({ page: 'loginPage', facts: { token: 'x' } });
    expect(decide(connector, state(), asked('loginForm'), read, late)).toMatchObject({ next: 'fail', cause: 'BUDGET_SPENT' });
    expect(decide(connector, state(), asked('logout'), page({ page: 'bye' }), late)).toMatchObject({ next: 'commit' });
  });
});

describe('whether the bank refuses the secrets', () => {
  const refused = page({ page: 'loginRefused', facts: { code: 'E01' } });
  it.each<[string, string, PageFacts, boolean]>([
    ['a page that is followed by CREDENTIALS_REJECTED', 'login', refused, true],
    ['the same page with another code', 'login', page({ page: 'loginRefused', facts: { code: 'E02' } }), false],
    ['the same page to a request that it does not answer', 'history', refused, false],
    ['a page that leads on', 'login', page({ page: 'menu' }), false],
    ['a page that the connector does not know', 'login', page({ page: 'toString' }), false],
    ['no page, with that cause', 'login', page({ page: null, cause: 'CREDENTIALS_REJECTED' }), true],
    ['no page, with another cause', 'login', page({ page: null, cause: 'BANK_TIMEOUT' }), false],
  ])('%s', (_what, request, answer, expected) => {
    expect(refusesSecrets(connector, asked(request), answer)).toBe(expected);
  });
});

describe('for any bank at all', () => {
  const anyPage = fc.record({
    page: fc.constantFrom('loginPage', 'menu', 'historyPage', 'bye', 'loginRefused', 'strange', null),
    verdict: fc.constantFrom('complete', 'more_needed', 'empty_proven', 'partial', 'not_a_statement', 'unknown'),
    facts: fc.dictionary(fc.constantFrom('token', 'nextPage', 'code'), fc.constantFrom('1', '2', '3', 'E01')),
    lists: fc.record(
      {
        accounts: fc.array(fc.record({ account: fc.constantFrom('1', '2', '3'), kind: fc.constantFrom('ordinary', 'card') }), {
          maxLength: 8,
        }),
      },
      { requiredKeys: [] },
    ),
    cause: fc.constant(null),
    detail: fc.constant(null),
    fingerprint: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  }) as fc.Arbitrary<PageFacts>;

  /** Plays a run against a bank that answers with `pages` in turn, for ever, keeping to what may answer a request. */
  function play(pages: readonly PageFacts[]): { orders: string[]; end: string } {
    let current = firstState(connector);
    const orders: string[] = [];
    for (let i = 0; ; i++) {
      const next = takeNext(current);
      if (next === undefined) return { orders, end: 'commit' };
      orders.push(JSON.stringify(next.asked));
      const candidates = pages.filter((p) => p.page !== null && connector.pages[p.page]?.answers.includes(next.asked.request));
      const read = candidates[i % Math.max(1, candidates.length)] ?? page({ page: null });
      const decision = decide(connector, next.state, next.asked, read, 0);
      if (decision.next === 'fail') return { orders, end: decision.cause };
      current = decision.state;
      if (decision.next === 'commit') return { orders, end: 'commit' };
    }
  }

  it('a run ends, and never asks more than maxSteps times', () => {
    fc.assert(
      fc.property(fc.array(anyPage, { minLength: 1, maxLength: 60 }), (pages) => {
        expect(play(pages).orders.length).toBeLessThanOrEqual(connector.limits.maxSteps);
      }),
      { numRuns: 500 },
    );
  });
  it('the same answers always bring the same orders', () => {
    fc.assert(
      fc.property(fc.array(anyPage, { minLength: 1, maxLength: 30 }), (pages) => expect(play(pages)).toEqual(play(structuredClone(pages)))),
    );
  });
  it('a decision changes nothing of what it was given', () => {
    fc.assert(
      fc.property(anyPage, (read) => {
        const before = state({ queue: [asked('logout')] });
        const copies = structuredClone([before, read]);
        decide(connector, before, asked('login'), read, 0);
        expect([before, read]).toEqual(copies);
      }),
    );
  });
});
