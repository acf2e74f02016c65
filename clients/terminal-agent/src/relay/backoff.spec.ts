import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BACKOFF_CAP_MS, BACKOFF_START_MS, backoffMs, RETRY_AFTER_LIMIT_MS } from './backoff.js';

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the wait before the next try', () => {
  it('is between nothing and a window that doubles up to a minute', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), random, (failures, chance) => {
        const wait = backoffMs(failures, 0, chance);
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(Math.min(BACKOFF_CAP_MS, BACKOFF_START_MS * 2 ** (failures - 1)));
      }),
    );
    expect([1, 2, 3, 8, 100].map((failures) => backoffMs(failures, 0, 0.999_999))).toEqual([500, 1_000, 2_000, 60_000, 60_000]);
  });

  it('is never shorter than what the relay asks for, up to 15 minutes, and not the same for all', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 3_600_000 }), random, (failures, asked, chance) => {
        const wait = backoffMs(failures, asked, chance);
        expect(wait).toBeGreaterThanOrEqual(Math.min(asked, RETRY_AFTER_LIMIT_MS));
        expect(wait).toBeLessThanOrEqual(RETRY_AFTER_LIMIT_MS + BACKOFF_CAP_MS);
      }),
    );
    expect(backoffMs(5, 10_000, 0.1)).not.toBe(backoffMs(5, 10_000, 0.9));
  });
});
