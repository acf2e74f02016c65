import { ConnectionId, type Order, OrderId, TerminalId } from '@enishi/contracts';
import { CONNECTOR_TYP, generateSealingKey, ORDER_TYP, randomToken, seal, sha256, sign, verifyOwnRoot } from '@enishi/crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bentOrders } from '../../test/bent-orders.js';
import { connectorFor, Platform } from '../../test/platform.js';
import { checkLoginLimit } from './check-login-limit.js';
import { authenticateOrder, permitOrder, type TerminalFacts } from './check-order.js';
import { SEQUENCE_WINDOW, SequenceWindow } from './check-sequence.js';

const platform = new Platform();
const stranger = new Platform();
const sealing = generateSealingKey();
const connector = connectorFor('https://bank.example:8443', undefined);
const root = verifyOwnRoot(platform.root.statement);
const now = () => Math.floor(Date.now() / 1000);

function session() {
  const nonce = randomToken(32);
  const terminal: TerminalFacts = {
    terminalId: TerminalId.generate(),
    root,
    sealingKey: sealing.privateJwk,
    sessionNonce: nonce,
    sequences: new SequenceWindow(),
  };
  return { terminal, to: { terminalId: terminal.terminalId, session: { nonce, sequence: 0 }, connector } };
}
const { to } = session();
const good = (request: 'top' | 'login' | 'rows', change: Partial<Order> = {}) =>
  platform.order(to, request, { connectionId: own, ...change });
/** Only `conn` of the good orders is for this bank. */
const own = ConnectionId.generate();
const originOf = (id: ConnectionId) => (id === own ? connector.origin : 'https://other-bank.example');
const none = () => [];
const permit = (order: Order, highest = 0, at = now()) => permitOrder(order, { root }, at, () => highest, originOf, none);
/** The rule that refuses this order. */
const refusedBy = (rule: string, detail: string | RegExp = /./) =>
  expect.objectContaining({ rule, detail: expect.stringMatching(detail), outcome: 'AGENT_POLICY_REFUSED' });

describe('an order as the platform gives it', () => {
  it.each(['top', 'login', 'rows'] as const)('A3 is permitted: %s', (request) => {
    expect(permit(good(request)).connector).toEqual(connector);
  });
});

describe('who wrote it', () => {
  it('A7 the agent takes what the dispatcher signed and sealed to it', async () => {
    const { terminal, to: here } = session();
    const order = platform.order(here, 'login');
    const sealed = await platform.sealOrder(order, sealing.publicJwk);
    const authentic = await authenticateOrder(sealed, terminal);
    expect(authentic).toEqual({ order, orderHash: sealed.orderHash, resultKey: platform.parser.publicJwk });
  });

  const ignoredBy = (rule: string) => expect.objectContaining({ rule });
  const receive = async (jws: string, terminal: TerminalFacts, orderId: OrderId) =>
    authenticateOrder({ orderId, jwe: await seal(jws, sealing.publicJwk) }, terminal);

  it.each<[string, (order: Order) => string]>([
    ['signed by a key that no root certified', (order) => stranger.signOrder(order)],
    [
      'signed by the relay with a borrowed key statement',
      (order) => sign(order, stranger.dispatcher.privateJwk, { typ: ORDER_TYP, header: { key: platform.orderStatement } }),
    ],
    [
      'signed by a connector key',
      (order) => sign(order, platform.connectorKey.privateJwk, { typ: ORDER_TYP, header: { key: platform.connectorStatement } }),
    ],
    ['without a key statement', (order) => sign(order, platform.dispatcher.privateJwk, { typ: ORDER_TYP })],
    [
      'signed as something else than an order',
      (order) => sign(order, platform.dispatcher.privateJwk, { typ: 'enishi-session+jwt', header: { key: platform.orderStatement } }),
    ],
    ['with a field that orders do not have', (order) => platform.signOrder({ ...order, script: 'rm' } as Order)],
    ["with a result key that is not a parser's", (order) => platform.signOrder({ ...order, resultKey: platform.orderStatement })],
    ['with a result key of another root', (order) => platform.signOrder({ ...order, resultKey: stranger.resultStatement })],
    [
      'that was changed after signing',
      (order) => platform.signOrder(order).replace(/.(?=[^.]*$)/, (character) => (character === 'A' ? 'B' : 'A')),
    ],
  ])('A3 the agent ignores an order %s', async (_name, write) => {
    const { terminal, to: here } = session();
    const order = platform.order(here, 'login');
    await expect(receive(write(order), terminal, order.orderId)).rejects.toEqual(ignoredBy('check-signature'));
  });

  it('A3 the agent ignores an order that is sealed to another terminal', async () => {
    const { terminal, to: here } = session();
    const sealed = await platform.sealOrder(platform.order(here, 'top'), generateSealingKey().publicJwk);
    await expect(authenticateOrder(sealed, terminal)).rejects.toEqual(ignoredBy('check-signature'));
  });

  it('A3 the agent ignores an order for another terminal, and one that its frame does not name', async () => {
    const { terminal, to: here } = session();
    const other = platform.order({ ...here, terminalId: TerminalId.generate() }, 'top');
    await expect(receive(platform.signOrder(other), terminal, other.orderId)).rejects.toEqual(ignoredBy('check-terminal'));
    const own = platform.order(here, 'top');
    await expect(receive(platform.signOrder(own), terminal, OrderId.generate())).rejects.toEqual(ignoredBy('check-terminal'));
  });

  it('A3 the agent ignores an order that the relay kept from another session', async () => {
    const { to: before } = session();
    const { terminal } = session();
    const order = platform.order({ ...before, terminalId: terminal.terminalId }, 'top');
    await expect(receive(platform.signOrder(order), terminal, order.orderId)).rejects.toEqual(ignoredBy('check-session-nonce'));
  });

  it('A3 the agent ignores an order that is played a second time in its session', async () => {
    const { terminal, to: here } = session();
    const sealed = await platform.sealOrder(platform.order(here, 'top'), sealing.publicJwk);
    await authenticateOrder(sealed, terminal);
    await expect(authenticateOrder(sealed, terminal)).rejects.toEqual(ignoredBy('check-sequence'));
  });
});

describe('sequence numbers', () => {
  const order = good('top');
  const check = (window: SequenceWindow, sequence: number) => window.checkSequence({ ...order, sequence });

  it('are taken once each, in any order within the window', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(Array.from({ length: SEQUENCE_WINDOW }, (_, index) => index + 1)), (sequences) => {
        const window = new SequenceWindow();
        for (const sequence of sequences) check(window, sequence);
        for (const sequence of sequences) expect(() => check(window, sequence)).toThrow('check-sequence');
      }),
      { numRuns: 30 },
    );
  });

  it('are refused when they are far behind', () => {
    const window = new SequenceWindow();
    check(window, SEQUENCE_WINDOW + 10);
    check(window, 11);
    expect(() => check(window, 10)).toThrow('check-sequence');
  });
});

describe('clock', () => {
  it('A3 names a clock that is more than 5 minutes off, in either direction', () => {
    const skewed = expect.objectContaining({ rule: 'check-clock', outcome: 'CLOCK_SKEWED' });
    expect(() => permit(good('top'), 0, now() + 400)).toThrow(skewed);
    expect(() => permit(good('top'), 0, now() - 400)).toThrow(skewed);
    expect(permit(good('top'), 0, now() + 200).url.pathname).toBe('/top');
  });
});

describe('connector', () => {
  const withConnector = (jws: string) => good('top', { connector: jws, connectorHash: sha256(jws) });
  const key = { key: platform.connectorStatement };

  it('A3 the agent refuses a connector that the order does not name by its hash', () => {
    expect(() => permit(good('top', { connectorHash: sha256('x') }))).toThrow(refusedBy('check-connector-signature', 'connectorHash'));
  });

  it.each<[string, string]>([
    ['by another root', stranger.signConnector(connector)],
    [
      'by the dispatcher',
      sign(connector, platform.dispatcher.privateJwk, { typ: CONNECTOR_TYP, header: { key: platform.orderStatement } }),
    ],
    ['by another key than the certified one', sign(connector, stranger.connectorKey.privateJwk, { typ: CONNECTOR_TYP, header: key })],
    ['as something else', sign(connector, platform.connectorKey.privateJwk, { typ: ORDER_TYP, header: key })],
    [
      'but malformed',
      sign({ ...connector, origin: 'http://bank.example' }, platform.connectorKey.privateJwk, { typ: CONNECTOR_TYP, header: key }),
    ],
  ])('A3 the agent refuses a connector signed %s', (_name, jws) => {
    expect(() => permit(withConnector(jws))).toThrow(refusedBy('check-connector-signature'));
  });

  it('A3 the agent refuses a development connector under a production root', () => {
    const production = new Platform(false);
    const order = production.order(to, 'top');
    const facts = { root: verifyOwnRoot(production.root.statement) };
    expect(() => permitOrder(order, facts, now(), () => 0, originOf, none)).toThrow(refusedBy('check-connector-signature', 'development'));
  });

  it('A3 the agent refuses an older version than it has seen', () => {
    expect(permit(good('top'), 3).connector.version).toBe(3);
    expect(() => permit(good('top'), 4)).toThrow(refusedBy('check-connector-version', 'version 3 after version 4'));
  });
});

describe('request', () => {
  it.each<[string, Partial<Order>, string]>([
    ['a request that the connector does not have', { request: 'transfer' }, 'request'],
    ['a name from the prototype', { request: 'constructor' }, 'request'],
    ['another method', { method: 'POST', form: [] }, 'method'],
    ['another effect', { effect: 'once' }, 'effect'],
    ['more bytes', { maxBytes: 1_001 }, 'maxBytes'],
    ['more time', { timeoutMs: 5_001 }, 'timeoutMs'],
  ])('A3 the agent refuses %s', (_name, change, detail) => {
    expect(() => permit(good('top', change))).toThrow(refusedBy('check-request', detail));
  });
});

describe('origin', () => {
  it.each([
    ['another host', 'https://evil.example:8443/top'],
    ['another port', 'https://bank.example/top'],
    ['plain HTTP', 'http://bank.example:8443/top'],
    ['another path', 'https://bank.example:8443/transfer'],
    ['dot segments', 'https://bank.example:8443/x/../top'],
    ['encoded dot segments', 'https://bank.example:8443/x/%2e%2e/top'],
    ['user information', 'https://bank.example@evil.example/top'],
    ['own user information', 'https://u:p@bank.example:8443/top'],
    ['a fragment', 'https://bank.example:8443/top#x'],
    ['an empty fragment', 'https://bank.example:8443/top#'],
    ['a backslash', 'https://bank.example:8443\\top'],
    ['capital letters', 'https://BANK.example:8443/top'],
    ['a tab in it', 'https://bank.example:8443/t\top'],
    ['an ending dot', 'https://bank.example.:8443/top'],
    ['another scheme', 'file:///etc/passwd'],
  ])('A3 the agent refuses an order to %s', (_name, url) => {
    expect(() => permit(good('top', { url }))).toThrow(refusedBy('check-origin'));
  });
});

describe('query', () => {
  const rows = (search: string) => good('rows', { url: `https://bank.example:8443/rows${search}` });

  it.each([
    ['a missing key', '?account=AB12&format=csv'],
    ['a foreign key', '?account=AB12&format=csv&from=20260401&admin=1'],
    ['a key twice', '?account=AB12&format=csv&from=20260401&account=CD34'],
    ['a value that does not fit the pattern', '?account=ab12&format=csv&from=20260401'],
    ['a value that fits only in part', '?account=AB12%0A&format=csv&from=20260401'],
    ['another literal', '?account=AB12&format=xml&from=20260401'],
    ['a date that is none', '?account=AB12&format=csv&from=20260231'],
    ['a date in another form', '?account=AB12&format=csv&from=2026-04-01'],
    ['a secret slot', '?account=AB12&format=csv&from={{secret:password}}'],
    ['no query at all', ''],
    ['a stray separator', '?account=AB12&format=csv&from=20260401&'],
    ['broken percent-encoding', '?account=AB12&format=csv&from=20260401%'],
  ])('A3 the agent refuses %s', (_name, search) => {
    expect(() => permit(rows(search))).toThrow(refusedBy('check-query'));
  });

  it('A3 the agent refuses any query where the connector has none, also an empty one', () => {
    for (const search of ['?x=1', '?'])
      expect(() => permit(good('top', { url: `https://bank.example:8443/top${search}` }))).toThrow(refusedBy('check-query'));
  });

  it('A3 the agent takes a query in any order and percent-encoded', () => {
    expect(permit(rows('?from=20260401&format=cs%76&account=AB12')).url.pathname).toBe('/rows');
  });
});

describe('form', () => {
  const fields = good('login').form ?? [];
  const withField = (name: string, value: string) => fields.map((field) => (field.name === name ? { name, value } : field));

  it.each<[string, Order['form']]>([
    ['no form', null],
    ['a missing field', fields.slice(1)],
    ['a foreign field', [...fields, { name: 'amount', value: '1' }]],
    ['a field twice', [...fields, { name: 'csrf', value: 'cd34' }]],
    ['another secret in the field', withField('userId', '{{secret:password}}')],
    ['a value in the field of a secret', withField('password', 'guessed')],
    ['text around a slot', withField('password', 'x{{secret:password}}')],
    ['a slot in a literal', withField('next', '{{secret:password}}')],
    ['a slot in a fact', withField('csrf', '{{secret:password}}')],
    ['another literal', withField('next', '振込')],
    ['a fact that does not fit its pattern', withField('csrf', 'AB12')],
  ])('A3 the agent refuses a POST with %s', (_name, form) => {
    expect(() => permit(good('login', { form }))).toThrow(refusedBy('check-form'));
  });

  it('A3 the agent refuses a GET with a form', () => {
    expect(() => permit(good('top', { form: [] }))).toThrow(refusedBy('check-form'));
  });
});

describe('a slot outside the field of its secret', () => {
  const anything = { pattern: '[^]*' };
  const loose = connectorFor(connector.origin, undefined, {
    requests: {
      ...connector.requests,
      login: {
        ...connector.requests['login'],
        form: { csrf: { fact: 'csrf', ...anything }, password: { secret: 'password' }, next: { literal: '{{secret:password}}' } },
      },
      rows: { ...connector.requests['rows'], query: { account: { param: 'account', ...anything } } },
    },
  });
  const slots = ['{{secret:password}}', 'x{{secret:password}}y', '{{ secret:password}}', '{{SECRET:password}}', '{{\nsecret'];
  const login = (csrf: string, next = 'x') =>
    permit(
      platform.order({ ...to, connector: loose }, 'login', {
        connectionId: own,
        form: Object.entries({ csrf, password: '{{secret:password}}', next }).map(([name, value]) => ({ name, value })),
      }),
    );

  it.each(slots)('A3 is refused in a form, though the pattern of the field would let it stand: %j', (slot) => {
    expect(() => login('ab12', slot)).toThrow(refusedBy('check-form', 'form.next'));
    expect(() => login(slot)).toThrow(refusedBy('check-form', 'form.csrf'));
  });

  it.each(slots)('A3 is refused in a query, though the pattern of the field would let it stand: %j', (slot) => {
    const url = (value: string) => `https://bank.example:8443/rows?account=${encodeURIComponent(value)}`;
    const rows = (value: string) => permit(platform.order({ ...to, connector: loose }, 'rows', { connectionId: own, url: url(value) }));
    expect(rows('AB12').url.search).toBe('?account=AB12');
    expect(() => rows(slot)).toThrow(refusedBy('check-query', 'query.account'));
  });
});

describe('headers and certificate', () => {
  it.each<[string, Record<string, string>]>([
    ['a foreign header', { accept: 'text/html', cookie: 'a=b' }],
    ['another value', { accept: '*/*' }],
    ['a missing header', {}],
    ['a header in other letters', { Accept: 'text/html' }],
  ])('A3 the agent refuses %s', (_name, headers) => {
    expect(() => permit(good('top', { headers }))).toThrow(refusedBy('check-headers'));
  });

  it("A3 the agent refuses to show another bank's certificate", () => {
    expect(() => permit(good('top', { certificate: { issuer: 'Other Bank CA' } }))).toThrow(refusedBy('check-certificate'));
  });
});

describe('whose secrets', () => {
  it("A3 the agent refuses an order that would carry a connection's secrets or certificate to another origin", () => {
    const order = good('login', { connectionId: ConnectionId.generate() });
    expect(() => permit(order)).toThrow(refusedBy('check-connection'));
    expect(() =>
      permitOrder(
        order,
        { root },
        now(),
        () => 0,
        () => null,
        none,
      ),
    ).toThrow(refusedBy('check-connection'));
  });
});

describe('logins of a day', () => {
  const limited = (maxOncePerDay: number) => connectorFor(connector.origin, undefined, { limits: { maxOncePerDay } });
  const refused = expect.objectContaining({ rule: 'check-login-limit', outcome: 'LOGIN_LIMIT_REACHED' });
  const check = (limit: number, begun: readonly string[], at: string | number) =>
    checkLoginLimit(good('login'), limited(limit), new Date(at).getTime() / 1_000, begun);

  it('A3 the agent refuses one login more than the signed connector allows, and goes on reading', () => {
    const begun = [now() + 60, now() + 61].map((second) => new Date(second * 1_000).toISOString());
    const ask = (limit: number, request: 'login' | 'top') => {
      const order = platform.order({ ...to, connector: limited(limit) }, request, { connectionId: own });
      const connectionsAsked: ConnectionId[] = [];
      const permitted = permitOrder(
        order,
        { root },
        now(),
        () => 0,
        originOf,
        (id) => {
          connectionsAsked.push(id);
          return begun;
        },
      );
      expect(connectionsAsked).toEqual([own]);
      return permitted.request.effect;
    };
    expect(ask(3, 'login')).toBe('once');
    expect(() => ask(2, 'login')).toThrow(refused);
    expect(ask(2, 'top')).toBe('read');
  });

  it('A3 are counted anew from midnight at the bank on, wherever the PC is', () => {
    const begun = ['2026-11-24T15:00:00Z', '2026-11-25T14:00:00Z'];
    expect(() => check(2, begun, '2026-11-25T14:59:59Z')).toThrow(refused);
    expect(() => check(2, begun, '2026-11-25T15:00:00Z')).not.toThrow();
    expect(() => check(2, ['2026-11-24T14:59:59Z', '2026-11-25T14:00:00Z'], '2026-11-25T14:59:59Z')).not.toThrow();
  });

  it('A3 are no more when the clock is moved back', () => {
    const begun = ['2026-11-25T02:00:00Z', '2026-11-25T03:00:00Z'];
    const latest = Date.parse('2026-11-25T03:00:00Z');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400 * 86_400_000 }), (back) => {
        expect(() => check(2, begun, latest - back)).toThrow(refused);
      }),
    );
  });
});

describe('any single change', () => {
  it('A3 of a good order is refused, unless the connector allows the changed value too', () => {
    const base = good('login');
    fc.assert(
      fc.property(bentOrders(base, ConnectionId.generate()), (change) => {
        const order = { ...base, ...change } as Order;
        expect(() => permit(order)).toThrow(expect.objectContaining({ rule: expect.stringMatching(/^check-/) }));
      }),
      { numRuns: fc.readConfigureGlobal().numRuns ?? 600 },
    );
  });
});

describe('refusals', () => {
  it('name rule and field, never a value', () => {
    const canary = 'canary1234';
    const bent: Partial<Order>[] = [
      { url: `https://bank.example:8443/${canary}` },
      { headers: { accept: canary } },
      { request: canary },
      { certificate: { issuer: canary } },
      { form: [{ name: canary, value: canary }] },
    ];
    for (const change of bent)
      expect(() => permit(good('login', change))).toThrow(expect.objectContaining({ message: expect.not.stringContaining(canary) }));
  });
});
