import { describe, expect, it } from '@jest/globals';
import { type ListedDays, provenDays } from './proven-days.js';

const listed = (change: Partial<ListedDays>): ListedDays => ({
  period: null,
  days: [],
  reachesNow: null,
  answeredOn: '2026-11-20',
  ...change,
});
const october = { from: '2026-10-01', to: '2026-10-31' };

describe('A4 a statement proves', () => {
  it.each<[string, ListedDays, unknown]>([
    ['the period that it states', listed({ period: october, days: ['2026-10-05'] }), october],
    ['the period that it states, also without entries', listed({ period: october }), october],
    [
      'of a period that its own entries contradict: only the days between them',
      listed({ period: october, days: ['2026-09-28', '2026-10-05'] }),
      { from: '2026-09-29', to: '2026-10-04' },
    ],
    [
      'without a period: the days between its first and its last entry, which may be cut',
      listed({ days: ['2026-10-09', '2026-10-05', '2026-10-07'] }),
      { from: '2026-10-06', to: '2026-10-08' },
    ],
    [
      'its last day too, when nothing came after it',
      listed({ days: ['2026-10-05', '2026-10-09'], reachesNow: { asOf: '2026-10-08' } }),
      { from: '2026-10-06', to: '2026-10-09' },
    ],
    [
      'all days up to that of the balance that it ends with',
      listed({ days: ['2026-10-05', '2026-10-09'], reachesNow: { asOf: '2026-10-20' } }),
      { from: '2026-10-06', to: '2026-10-20' },
    ],
    [
      'of a period that is not over: the days up to that of the answer',
      listed({ period: { from: '2026-11-01', to: '2026-12-31' }, days: ['2026-11-05'] }),
      { from: '2026-11-01', to: '2026-11-20' },
    ],
    [
      'of a period that is not over: the days up to an entry that is dated ahead',
      listed({ period: { from: '2026-11-01', to: '2026-12-31' }, days: ['2026-11-30'] }),
      { from: '2026-11-01', to: '2026-11-30' },
    ],
    ['nothing, when the period that it states lies ahead', listed({ period: { from: '2026-12-01', to: '2026-12-31' } }), null],
    ['nothing, when its entries are of one day or two', listed({ days: ['2026-10-05', '2026-10-06', '2026-10-06'] }), null],
    ['nothing, when it has neither period nor entries', listed({}), null],
  ])('%s', (_what, list, days) => {
    expect(provenDays(list)).toEqual(days);
  });
});
