import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AcceptRate } from './accept-rate.js';

describe('the accept rate', () => {
  it('accepts so many in a second, and tells the rest to come later, spread over the seconds', () => {
    const rate = new AcceptRate(2);
    const told = Array.from({ length: 8 }, () => rate.take(5_000));
    expect(told).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect(rate.take(6_000)).toBe(0);
  });

  it('never accepts more than its number in any window, whatever the times', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 300 }), (perSecond, gaps) => {
        const rate = new AcceptRate(perSecond);
        let now = 1_000;
        const accepted: number[] = [];
        for (const gap of gaps) {
          now += gap;
          if (rate.take(now) === 0) accepted.push(now);
        }
        // Windows are fixed, so a span of one second touches two of them at most.
        return accepted.every((at) => accepted.filter((other) => other >= at && other < at + 1_000).length <= 2 * perSecond);
      }),
    );
  });
});
