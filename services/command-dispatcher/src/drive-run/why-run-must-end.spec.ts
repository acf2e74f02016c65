import { describe, expect, it } from '@jest/globals';
import { type Circumstances, whyRunMustEnd } from './why-run-must-end.js';

const fine: Circumstances = {
  state: 'waiting',
  late: false,
  connectionErased: false,
  terminalRevoked: false,
  connectorReplaced: false,
  orderTaken: true,
};
const causeOf = (change: Partial<Circumstances>) => whyRunMustEnd({ ...fine, ...change })?.cause;

describe('what ends a run before anything more is asked', () => {
  it('nothing, when all is well', () => expect(causeOf({})).toBeUndefined());
  it.each<[string, Partial<Circumstances>, string]>([
    ['its connection was erased', { connectionErased: true, terminalRevoked: true }, 'CONNECTION_ERASED'],
    ['A9 its terminal was revoked', { terminalRevoked: true, late: true }, 'AGENT_REVOKED'],
    ['its connector was replaced', { connectorReplaced: true }, 'INCOMPLETE_DATA'],
    ['its time is over while the terminal is away', { late: true, state: 'away' }, 'AGENT_OFFLINE'],
    ['its time is over with an order that nobody took', { late: true, orderTaken: false }, 'AGENT_OFFLINE'],
    ['its time is over while the bank is slow', { late: true }, 'BUDGET_SPENT'],
    ['its time is over before the next order', { late: true, state: 'ready', orderTaken: null }, 'BUDGET_SPENT'],
  ])('%s', (_what, change, cause) => expect(causeOf(change)).toBe(cause));
  it('a run that commits is ended by an erasure only: what is stored cannot be taken back otherwise', () => {
    const committing = { state: 'committing', orderTaken: null } as const;
    expect(causeOf({ ...committing, late: true, terminalRevoked: true, connectorReplaced: true })).toBeUndefined();
    expect(causeOf({ ...committing, connectionErased: true })).toBe('CONNECTION_ERASED');
  });
});
