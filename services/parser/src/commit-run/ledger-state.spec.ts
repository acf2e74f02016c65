import { describe, expect, it } from '@jest/globals';
import { extendSpan, type LedgerFacts, ledgerState, type ProvenSpan } from './ledger-state.js';

const yen = (minor: number) => ({ minor: BigInt(minor), scale: 0 });
const span = (from: string, to: string, opening: number, closing: number): ProvenSpan => ({
  from: `2026-10-${from}`,
  to: `2026-10-${to}`,
  opening: yen(opening),
  closing: yen(closing),
});
const facts = (change: Partial<LedgerFacts>): LedgerFacts => ({
  reading: { state: 'reconciled', delta: yen(0) },
  read: { count: 2, sum: yen(300) },
  stored: { count: 2, sum: yen(300) },
  mayBeCut: false,
  span: span('01', '20', 1_000, 1_300),
  spanSum: yen(300),
  ...change,
});

describe('A5 the state of an account', () => {
  it('is reconciled when what is stored is what was read, and leads from the first stated balance to the last', () => {
    expect(ledgerState(facts({}))).toEqual({ state: 'reconciled', delta: yen(0) });
  });
  it.each<[string, Partial<LedgerFacts>, unknown]>([
    ['the statement itself does not add up', { reading: { state: 'mismatch', delta: yen(5) } }, { state: 'mismatch', delta: yen(5) }],
    ['more is stored than was read', { stored: { count: 3, sum: yen(750) } }, { state: 'mismatch', delta: yen(-450) }],
    ['as much is stored as was read, in more entries', { stored: { count: 4, sum: yen(300) } }, { state: 'mismatch', delta: yen(0) }],
    ['earlier days do not lead to the balance', { spanSum: yen(250) }, { state: 'mismatch', delta: yen(50) }],
    [
      'more is stored than a list shows that may be cut',
      { stored: { count: 3, sum: yen(750) }, mayBeCut: true },
      { state: 'unknown', delta: null },
    ],
    ['a balance is not in the data', { span: null }, { state: 'unknown', delta: null }],
  ])('is not reconciled when %s', (_what, change, state) => {
    expect(ledgerState(facts(change))).toEqual(state);
  });
});

describe('A5 the days that are proven without a gap', () => {
  const known = span('05', '10', 100, 200);
  it.each<[string, ProvenSpan, ProvenSpan]>([
    ['grow at the end', span('08', '15', 150, 300), span('05', '15', 100, 300)],
    ['grow by the day after', span('11', '15', 200, 300), span('05', '15', 100, 300)],
    ['grow at the beginning', span('01', '06', 50, 120), span('01', '10', 50, 200)],
    ['are read anew as a whole', span('05', '10', 110, 210), span('05', '10', 110, 210)],
    ['keep both balances when a part in the middle is read', span('06', '08', 1, 2), known],
    ['begin anew after a gap', span('12', '15', 250, 300), span('12', '15', 250, 300)],
    ['are not replaced by older days before a gap', span('01', '03', 10, 20), known],
  ])('%s', (_what, now, after) => {
    expect(extendSpan(known, now)).toEqual(after);
  });
});
