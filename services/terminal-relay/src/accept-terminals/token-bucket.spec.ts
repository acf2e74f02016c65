import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TokenBucket } from './token-bucket.js';

describe('the accept rate', () => {
  it('lets the burst pass, then tells when to come again', () => {
    const bucket = new TokenBucket(2, 3, 0);
    expect([0, 0, 0].map((at) => bucket.take(at))).toEqual([null, null, null]);
    expect(bucket.take(0)).toBe(1);
    expect(bucket.take(500)).toBeNull();
  });
  it('spreads a crowd over the time that it needs', () => {
    const bucket = new TokenBucket(10, 10, 0);
    const answers = Array.from({ length: 110 }, () => bucket.take(0));
    expect(answers.filter((answer) => answer === null)).toHaveLength(10);
    expect(answers.at(-1)).toBe(10);
  });
  it('never lets more pass than rate and burst allow, whenever they come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10_000 }), { maxLength: 300 }), (times) => {
        const bucket = new TokenBucket(5, 5, 0);
        const sorted = times.toSorted((a, b) => a - b);
        const passed = sorted.filter((at) => bucket.take(at) === null);
        for (const from of passed) {
          const within = passed.filter((at) => at >= from && at < from + 1_000);
          expect(within.length).toBeLessThanOrEqual(10);
        }
      }),
    );
  });
  it('a clock that goes back gives nothing away', () => {
    const bucket = new TokenBucket(1, 1, 1_000);
    expect(bucket.take(1_000)).toBeNull();
    expect(bucket.take(0)).not.toBeNull();
    expect(bucket.take(1_000)).not.toBeNull();
  });
});
