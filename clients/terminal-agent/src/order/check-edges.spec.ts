/** The edge of each rule: the last value that it lets through, the first that it does not, and what it then says. */
import { ConnectionId, type Connector, type ConnectorRequest, type FieldValue, type Order, TerminalId } from '@enishi/contracts';
import { generateSealingKey, randomToken, verifyOwnRoot } from '@enishi/crypto';
import { describe, expect, it } from '@jest/globals';
import { connectorFor, Platform } from '../../test/platform.js';
import { CLOCK_LIMIT_SECONDS } from './check-clock.js';
import { checkConnection } from './check-connection.js';
import { checkForm } from './check-form.js';
import { authenticateOrder, permitOrder } from './check-order.js';
import { checkOrigin } from './check-origin.js';
import { checkQuery } from './check-query.js';
import { SEQUENCE_WINDOW, SequenceWindow } from './check-sequence.js';
import { fits } from './check-value.js';

const ORIGIN = 'https://bank.example:8443';
const platform = new Platform();
const connector = connectorFor(ORIGIN, undefined);
const to = (described: Connector = connector) => ({
  terminalId: TerminalId.generate(),
  session: { nonce: randomToken(32), sequence: 0 },
  connector: described,
});
const refused = (rule: string, detail: RegExp = /./) => expect.objectContaining({ rule, detail: expect.stringMatching(detail) });

function permit(order: Order, by = platform, nowSeconds = order.issuedAt) {
  return permitOrder(
    order,
    { root: verifyOwnRoot(by.root.statement) },
    nowSeconds,
    () => 0,
    () => ORIGIN,
    () => [],
  );
}

describe('a value', () => {
  const any: FieldValue = { param: 'x', pattern: '[\\s\\S]*' };

  it.each([
    ['yyyyMMdd', '20280229', ['20260229', '20261301', '20260001', '20260400', 'x20260401', '20260401x', '2026040a']],
    ['yyyy-MM-dd', '2028-02-29', ['2026-02-29', '2026-13-01', '2026-00-01', 'x2026-04-01', '2026-04-01x', '2026/04/01']],
    ['yyyy/MM/dd', '2028/02/29', ['2026/02/29', '2026/13/01', '2026/00/01', 'x2026/04/01', '2026/04/01x', '2026-04-01']],
  ] as const)('A3 of a period is a day of the calendar, written as %s', (format, day, others) => {
    expect(fits(day, { run: 'from', format })).toBe(true);
    for (const other of others) expect([other, fits(other, { run: 'from', format })]).toEqual([other, false]);
  });

  it('A3 never holds a slot outside the field of its secret, however the slot is written and whatever the connector allows there', () => {
    for (const slot of ['{{secret:password}}', '{{ secret:password}}', '{{ \t secret:password}}', '{{SECRET:password}}', 'x{{secret'])
      for (const field of [any, { literal: slot }, { fact: 'x', pattern: '.*' }]) expect([slot, fits(slot, field)]).toEqual([slot, false]);
    expect(fits('{{secret:password}}', { secret: 'password' })).toBe(true);
  });

  it('A3 fits a pattern as a whole, and by characters, not by halves of them', () => {
    expect(fits('𠮷', { param: 'x', pattern: '.' })).toBe(true);
    expect(fits('ab', { param: 'x', pattern: 'a|b' })).toBe(false);
  });
});

describe('a query', () => {
  const free: FieldValue = { param: 'x', pattern: '[\\s\\S]*' };
  const check = (search: string, query: ConnectorRequest['query']) =>
    checkQuery(new URL(`${ORIGIN}/rows${search}`), { query } as ConnectorRequest);

  it('A3 has each key once, also where the connector lets its value be anything', () => {
    check('?a=', { a: free });
    for (const search of ['', '?b=1', '?a=1&a=2', '?a=1&b=2'])
      expect(() => check(search, { a: free })).toThrow(refused('check-query', /^(query\.a must stand there once|a key that)/));
  });

  it('A3 never carries a secret, whatever the connector says', () => {
    expect(() => check('?a={{secret:password}}', { a: { secret: 'password' } })).toThrow(refused('check-query', /^query\.a$/));
  });

  it('A3 is written in the one way that every server reads alike', () => {
    for (const plain of ['?a=%41%2Fx&%62=1', '?b=&a=-._~!*()+/:,']) check(plain, { a: free, b: free });
    const names = { a: free, b: free, '[a': free, 'a[': free };
    const only = (...keys: (keyof typeof names)[]) => Object.fromEntries(keys.map((key) => [key, names[key]]));
    for (const [search, ...keys] of [
      ['?a=1&b=[', 'a', 'b'],
      ['?a=[&b=1', 'a', 'b'],
      ['?a=x[y', 'a'],
      ['?[a=1', '[a'],
      ['?a[=1', 'a['],
      ['?a', 'a'],
      ['?a=1=2', 'a'],
      ['?a=%', 'a'],
      ['?a=%4', 'a'],
      ['?a=%zz', 'a'],
      ['?a=%FF', 'a'],
      ['?a=%00', 'a'],
      ['?a=x%0Ay', 'a'],
    ] as const)
      expect(() => check(search, only(...keys))).toThrow(refused('check-query', /^encoding$/));
  });
});

describe('a form', () => {
  it('A3 has each field once, also where the connector lets its value be anything', () => {
    const request = { method: 'POST', form: { a: { param: 'x', pattern: '.*' } } } as unknown as ConnectorRequest;
    const check = (...names: string[]) => checkForm({ form: names.map((name) => ({ name, value: '' })) } as Order, request);
    check('a');
    for (const names of [[], ['a', 'a']]) expect(() => check(...names)).toThrow(refused('check-form', /^form\.a must stand there once/));
  });
});

describe('an origin', () => {
  const check = (url: string) => checkOrigin({ url } as Order, { origin: ORIGIN } as Connector, { path: '/top' } as ConnectorRequest);

  it.each([
    'no URL at all',
    'https://bank.example:port/top',
    'https://user@bank.example:8443/top',
    'https://:password@bank.example:8443/top',
    `${ORIGIN}/top#x`,
  ])('A3 is not read out of %s', (url) => {
    expect(() => check(url)).toThrow(refused('check-origin', /^url$/));
  });

  it("A3 is the user's word for a connection, where there is one", () => {
    checkConnection(connector, ORIGIN);
    checkConnection(connector, undefined);
    for (const other of [null, 'https://other.example'])
      expect(() => checkConnection(connector, other)).toThrow(refused('check-connection'));
  });
});

describe('a clock', () => {
  it.each([CLOCK_LIMIT_SECONDS, -CLOCK_LIMIT_SECONDS])('A3 may be %s seconds off, and not one more', (off) => {
    const order = platform.order(to(), 'top');
    expect(permit(order, platform, order.issuedAt + off).url.pathname).toBe('/top');
    expect(() => permit(order, platform, order.issuedAt + off + Math.sign(off))).toThrow(refused('check-clock'));
  });
});

describe('a connector', () => {
  it('A3 that is not for development suits every root', () => {
    const real = connectorFor(ORIGIN, undefined, { development: false });
    for (const root of [platform, new Platform(false)]) expect(permit(root.order(to(real), 'top'), root).connector).toEqual(real);
  });
});

describe('sequence numbers', () => {
  it('A3 are remembered within the window, and no further: memory does not grow with a session', () => {
    const window = new SequenceWindow();
    for (let sequence = 1; sequence <= 3 * SEQUENCE_WINDOW; sequence += 1) window.checkSequence({ sequence } as Order);
    expect((Reflect.get(window, 'seen') as Set<number>).size).toBe(SEQUENCE_WINDOW);
    expect(() => window.checkSequence({ sequence: 2 * SEQUENCE_WINDOW + 1 } as Order)).toThrow(refused('check-sequence', /used/));
    expect(() => window.checkSequence({ sequence: 2 * SEQUENCE_WINDOW } as Order)).toThrow(refused('check-sequence', /behind/));
  });
});

describe('a refusal', () => {
  it.each<[string, string, 'top' | 'login' | 'rows', Partial<Order>]>([
    ['check-request', 'request', 'top', { request: 'toString' }],
    ['check-request', 'method', 'top', { method: 'POST' }],
    ['check-request', 'effect', 'top', { effect: 'once' }],
    ['check-request', 'maxBytes', 'top', { maxBytes: 1_001 }],
    ['check-request', 'timeoutMs', 'top', { timeoutMs: 5_001 }],
    ['check-origin', 'url', 'top', { url: `${ORIGIN}/top#` }],
    ['check-origin', 'origin', 'top', { url: 'https://evil.example/top' }],
    ['check-origin', 'path', 'top', { url: `${ORIGIN}/other` }],
    ['check-query', 'query.from', 'rows', { url: `${ORIGIN}/rows?account=AB12&format=csv&from=20260231` }],
    ['check-form', 'form.next', 'login', { form: [...slots(), { name: 'csrf', value: 'ab12' }, { name: 'next', value: '振込' }] }],
    ['check-certificate', 'certificate.issuer', 'top', { certificate: { issuer: 'Other' } }],
    ['check-connector-signature', 'connectorHash', 'top', { connectorHash: 'x' }],
  ])('names its rule and what of the order broke it: %s, %s', (rule, detail, request, change) => {
    const order = platform.order(to(), request, { connectionId: ConnectionId.generate(), ...change });
    expect(() => permit(order)).toThrow(expect.objectContaining({ rule, detail, message: `${rule}: ${detail}` }));
  });

  it('says of a signature what is wrong with it, to the log of the PC only', async () => {
    const stranger = new Platform();
    expect(() => permit(stranger.order(to(), 'top'))).toThrow(refused('check-connector-signature', /^key_not_certified$/));
    const session = to();
    const sealed = await platform.sealOrder(platform.order(session, 'top'), generateSealingKey().publicJwk);
    const terminal = {
      terminalId: session.terminalId,
      root: verifyOwnRoot(platform.root.statement),
      sealingKey: generateSealingKey().privateJwk,
      sessionNonce: session.session.nonce,
      sequences: new SequenceWindow(),
    };
    await expect(authenticateOrder(sealed, terminal)).rejects.toEqual(refused('check-signature', /^the order is sealed to another key/));
  });
});

function slots(): { name: string; value: string }[] {
  return ['userId', 'password'].map((name) => ({ name, value: `{{secret:${name}}}` }));
}
