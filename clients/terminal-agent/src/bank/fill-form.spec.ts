import { TerminalId } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { connectorFor, Platform } from '../../test/platform.js';
import { fillForm } from './fill-form.js';

const platform = new Platform();
const connector = connectorFor('https://bank.example', undefined, {
  charset: 'utf-8',
  secrets: {
    userId: { label: { en: 'User id', ja: '利用者番号' }, pattern: '\\d{8}' },
    password: { label: { en: 'Password', ja: 'パスワード' }, pattern: '[ -~]{4,32}' },
  },
});
const order = platform.order({ terminalId: TerminalId.generate(), session: { nonce: 'n', sequence: 0 }, connector }, 'login');
const missing = (detail: string) =>
  expect.objectContaining({ rule: 'fill-form', outcome: 'CREDENTIALS_MISSING', detail: expect.stringContaining(detail) });

describe('the secrets in a form', () => {
  it('A3 stand in their own fields, and cannot make a field of their own', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ -~]{4,32}$/), (password) => {
        const body = fillForm(order, connector, { userId: '12345678', password, other: 'canary' });
        expect([...new URLSearchParams(body)]).toEqual([
          ['csrf', 'ab12'],
          ['userId', '12345678'],
          ['password', password],
          ['next', '口座'],
        ]);
      }),
    );
  });

  it('are asked for by name when there are none, one is not there, or one is not of the asked form; the value is not told', () => {
    expect(() => fillForm(order, connector, undefined)).toThrow(missing('userId'));
    expect(() => fillForm(order, connector, { userId: '12345678' })).toThrow(missing('password'));
    expect(() => fillForm(order, connector, { userId: 'canary', password: 'abcd' })).toThrow(missing('userId'));
    expect(() => fillForm(order, connector, { userId: 'canary', password: 'abcd' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('canary') }),
    );
    expect(() => fillForm(order, connector, { userId: '12345678\n', password: 'abcd' })).toThrow(missing('userId'));
  });

  it('are of the form that the connector asks for, character by character; one that it does not name goes nowhere', () => {
    const { userId, password } = connector.secrets;
    const ofOne = { ...connector, secrets: { userId, password: { ...password, pattern: '.' } } } as typeof connector;
    expect(new URLSearchParams(fillForm(order, ofOne, { userId: '12345678', password: '𠮷' })).get('password')).toBe('𠮷');
    const unnamed = { ...connector, secrets: { userId } } as typeof connector;
    for (const value of ['abcd', 'undefined'])
      expect(() => fillForm(order, unnamed, { userId: '12345678', password: value })).toThrow(missing('password'));
  });

  it('A3 go into the field that the connector gives to them, by their slot, and nowhere else', () => {
    const secrets = { userId: '12345678', password: 'canary' };
    const form = [
      { name: 'csrf', value: '{{secret:password}}' },
      { name: 'userId', value: '{{secret:password}}' },
      { name: 'password', value: 'guessed' },
      { name: 'amount', value: '{{secret:password}}' },
    ];
    const body = fillForm({ ...order, form }, connector, secrets);
    expect([...new URLSearchParams(body)]).toEqual(form.map(({ name, value }) => [name, value]));
    expect(fillForm({ ...order, request: 'gone', form }, connector, secrets)).toBe(body);
  });

  it('A3 are written in the charset of the bank, or the order is refused: a secret for the user to mend, all else as ours', () => {
    const japanese = connectorFor('https://bank.example', undefined, {
      charset: 'shift_jis',
      secrets: { ...connector.secrets, password: { ...connector.secrets.password, pattern: '.' } },
    });
    const refused = (form: { name: string; value: string }[], outcome: string) =>
      expect(() => fillForm({ ...order, form }, japanese, { password: '𠮷' })).toThrow(
        expect.objectContaining({ rule: 'fill-form', outcome, message: expect.not.stringContaining('𠮷') }),
      );
    refused([{ name: 'password', value: '{{secret:password}}' }], 'CREDENTIALS_MISSING');
    refused([{ name: 'csrf', value: '𠮷' }], 'AGENT_POLICY_REFUSED');
    refused([{ name: '😀', value: 'x' }], 'AGENT_POLICY_REFUSED');
  });

  it('are not needed without a form', () => {
    expect(fillForm({ ...order, form: null }, connector, undefined)).toBeUndefined();
  });
});
