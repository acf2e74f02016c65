import { describe, expect, it } from '@jest/globals';
import { periodOf } from './period.js';

const now = new Date('2026-11-22T03:00:00Z');

describe('the period of a run', () => {
  it('is as long as the bank allows, up to today, unless asked otherwise', () => {
    expect(periodOf({}, 90, now)).toEqual({ from: '2026-08-25', to: '2026-11-22' });
    expect(periodOf({ to: '2026-11-10' }, 1, now)).toEqual({ from: '2026-11-10', to: '2026-11-10' });
  });
  it('begins with the calendar at the earliest', () => {
    expect(periodOf({ to: '0001-01-10' }, 90, now)).toEqual({ from: '0001-01-01', to: '0001-01-10' });
  });
  it('today is that of Japan', () => {
    expect(periodOf({}, 1, new Date('2026-11-22T14:59:59Z')).to).toBe('2026-11-22');
    expect(periodOf({}, 1, new Date('2026-11-22T15:00:00Z')).to).toBe('2026-11-23');
  });
  it.each([
    ['is refused when it ends in the future', { to: '2026-11-23' }, 'body.to'],
    ['is refused when it begins after its end', { from: '2026-11-12', to: '2026-11-11' }, 'body.from'],
    ['is refused when it is a day too long', { from: '2026-08-24' }, 'body.from'],
  ])('%s, with the place', (_what, asked, place) => {
    expect(() => periodOf(asked, 90, now)).toThrow(
      expect.objectContaining({ code: 'command-dispatcher.period_not_valid', place }) as never,
    );
  });
});
