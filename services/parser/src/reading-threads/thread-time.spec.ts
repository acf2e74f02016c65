import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ThreadTime } from './thread-time.js';

describe('the time of threads that an owner has used', () => {
  it('makes it heavy when it is much, or when a limit had to end a reading, and is forgotten after a minute', () => {
    let now = 0;
    const time = new ThreadTime(() => now);
    time.add('honest', 499, false);
    time.add('slow', 400, false);
    time.add('slow', 200, false);
    time.add('bomber', 0, true);
    expect(['honest', 'slow', 'bomber', 'nobody'].map((owner) => time.isHeavy(owner))).toEqual([false, true, true, false]);
    now = 59_999;
    expect(time.isHeavy('bomber')).toBe(true);
    now = 60_000;
    expect(['slow', 'bomber'].map((owner) => time.isHeavy(owner))).toEqual([false, false]);
  });
  it('is counted for each owner alone, in any order', () => {
    const use = fc.record({
      owner: fc.constantFrom('a', 'b', 'c'),
      ms: fc.integer({ min: 0, max: 300 }),
      after: fc.integer({ min: 0, max: 30_000 }),
    });
    fc.assert(
      fc.property(fc.array(use, { maxLength: 40 }), (uses) => {
        let now = 0;
        const time = new ThreadTime(() => now);
        // The same, told simply: from its first use on an owner's time is summed up for a minute.
        const sums = new Map<string, { since: number; ms: number }>();
        for (const { owner, ms, after } of uses) {
          now += after;
          const sum = sums.get(owner);
          if (!sum || now - sum.since >= 60_000) sums.set(owner, { since: now, ms });
          else sum.ms += ms;
          time.add(owner, ms, false);
          for (const [each, { since, ms: total }] of sums) expect(time.isHeavy(each)).toBe(now - since < 60_000 && total >= 500);
        }
      }),
    );
  });
});
