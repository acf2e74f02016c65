import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cursorOf, placeOf } from './cursor.js';

describe('a cursor', () => {
  it('comes back as the place that it was made of', () => {
    const day = fc
      .date({ min: new Date('1990-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
      .map((d) => d.toISOString().slice(0, 10));
    fc.assert(
      fc.property(day, fc.bigInt({ min: 1n, max: 10n ** 17n }), (date, seq) => {
        expect(placeOf(cursorOf({ date, seq }))).toEqual({ date, seq });
      }),
    );
  });
  it('that is not one of ours is none', () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => placeOf(text) === null || cursorOf(placeOf(text) as never) === text));
    // Postgres has no such day.
    expect(placeOf(cursorOf({ date: '0000-06-01', seq: 7n }))).toBeNull();
    expect(placeOf(Buffer.from('v1.2026-02-30.007').toString('base64url'))).toBeNull();
    expect(placeOf(`${cursorOf({ date: '2026-02-03', seq: 7n })}=`)).toBeNull();
  });
});
