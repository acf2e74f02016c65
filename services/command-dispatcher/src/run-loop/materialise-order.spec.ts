import { Connector } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sampleConnector } from '../../test/sample-connector.js';
import { FieldNotValid, materialiseOrder } from './materialise-order.js';

const connector = Connector.parse(sampleConnector());
const period = { from: '2026-08-25', to: '2026-11-22' };

describe('A1 an order is one concrete request of the connector', () => {
  it('A1 with its query filled from params and the asked period', () => {
    const order = materialiseOrder(connector, { request: 'history', params: { account: '123' }, facts: {} }, period);
    expect(order).toEqual({
      request: 'history',
      method: 'GET',
      url: 'https://localhost:8443/history?account=123&from=20260825&to=2026%2F11%2F22',
      headers: {},
      form: null,
      effect: 'read',
      maxBytes: 524_288,
      timeoutMs: 30_000,
      certificate: { issuer: 'Sample CA' },
    });
  });
  it('A3 a secret is a slot that only the agent can fill; the form keeps the order of the connector', () => {
    const order = materialiseOrder(connector, { request: 'login', params: {}, facts: { token: 'abc' } }, period);
    expect(order.form).toEqual([
      { name: 'token', value: 'abc' },
      { name: 'userId', value: '{{secret:userId}}' },
      { name: 'password', value: '{{secret:password}}' },
      { name: 'go', value: '送信' },
    ]);
    expect(order.effect).toBe('once');
  });
  it('headers are those of the connector and no others', () => {
    expect(materialiseOrder(connector, { request: 'loginForm', params: {}, facts: {} }, period).headers).toEqual({ accept: 'text/html' });
  });
});

describe('what the bank says cannot bend an order', () => {
  const login = (token: string) => () => materialiseOrder(connector, { request: 'login', params: {}, facts: { token } }, period);

  it('a value outside its pattern is refused with the place and without the value', () => {
    expect(login('ABC!')).toThrow(FieldNotValid);
    expect(login('ABC!')).toThrow('login.form.token');
    expect(login('ABC!')).not.toThrow('ABC!');
  });
  it('a missing fact is refused, also one named like a property of every object', () => {
    expect(() => materialiseOrder(connector, { request: 'login', params: {}, facts: {} }, period)).toThrow(FieldNotValid);
    const odd = Connector.parse({
      ...sampleConnector(),
      requests: {
        ...sampleConnector().requests,
        login: { method: 'POST', path: '/login', effect: 'once', form: { x: { fact: 'constructor', pattern: '[\\s\\S]*' } } },
      },
    });
    expect(() => materialiseOrder(odd, { request: 'login', params: {}, facts: {} }, period)).toThrow(FieldNotValid);
  });
  it('a page cannot name a secret slot, even where its pattern admits any text', () => {
    const loose = sampleConnector();
    loose.requests.login.form.token.pattern = '[\\s\\S]*';
    const order = { request: 'login', params: {}, facts: { token: '{{secret:password}}' } };
    expect(() => materialiseOrder(Connector.parse(loose), order, period)).toThrow(FieldNotValid);
  });
  it('a path that would lead to another host is refused', () => {
    // The contract refuses such a path already; this is what stands behind it.
    const elsewhere = Connector.parse(sampleConnector());
    Object.assign(elsewhere.requests['loginForm'] ?? {}, { path: '//other.example/login' });
    expect(() => materialiseOrder(elsewhere, { request: 'loginForm', params: {}, facts: {} }, period)).toThrow(FieldNotValid);
  });
  it('whatever a param holds, the order goes to the origin and path of the connector with the same keys', () => {
    const loose = sampleConnector();
    loose.requests.history.query.account.pattern = '[\\s\\S]*';
    const open = Connector.parse(loose);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (account) => {
        fc.pre(!account.includes('{{'));
        const url = new URL(materialiseOrder(open, { request: 'history', params: { account }, facts: {} }, period).url);
        expect([url.origin, url.pathname, url.hash]).toEqual(['https://localhost:8443', '/history', '']);
        expect([...url.searchParams.keys()]).toEqual(['account', 'from', 'to']);
        expect(url.searchParams.get('account')).toBe(account);
      }),
    );
  });
});
