import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { answeredAt } from './answered-at.js';

const now = new Date('2026-11-20T03:00:00Z');
const orderedAfter = new Date('2026-11-20T02:30:00Z');
const at = (told: string | undefined) => answeredAt(told, { orderedAfter, now }).toISOString();

describe('A5 when the bank answered', () => {
  it.each([
    ['by its own clock, when the answer was long under way', 'Fri, 20 Nov 2026 02:50:00 GMT', '2026-11-20T02:50:00.000Z'],
    ['by its own clock, be it slow by minutes', 'Fri, 20 Nov 2026 02:25:00 GMT', '2026-11-20T02:25:00.000Z'],
    ['now, when the answer came at once', 'Fri, 20 Nov 2026 02:59:58 GMT', now.toISOString()],
    ['now, when its clock is ahead', 'Fri, 20 Nov 2026 03:10:00 GMT', now.toISOString()],
    ['now, when its clock says that it answered before it was asked', 'Fri, 20 Nov 2026 02:24:59 GMT', now.toISOString()],
    ['now, when its clock stands at its beginning', 'Thu, 01 Jan 1970 00:00:00 GMT', now.toISOString()],
    ['now, when its year is none that can be stored', '0000-01-01T00:00:00Z', now.toISOString()],
    ['now, when it tells no time', 'soon', now.toISOString()],
    ['now, when it tells nothing', undefined, now.toISOString()],
  ])('is %s', (_what, told, when) => {
    expect(at(told)).toBe(when);
  });

  it('lies between the order, less five minutes, and now, whatever it tells', () => {
    const told = fc.oneof(
      fc.string(),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    );
    fc.assert(
      fc.property(told, (text) => {
        const when = answeredAt(text, { orderedAfter, now }).getTime();
        expect(when).toBeGreaterThanOrEqual(orderedAfter.getTime() - 300_000);
        expect(when).toBeLessThanOrEqual(now.getTime());
      }),
    );
  });
});
