import { describe, expect, it } from '@jest/globals';
import { boundedFrom, checkGranted, maySee } from './check-access.js';

const policy = (accounts: string[] | null, since: string | null = null) => ({ clientId: 'phone', accounts, since });

describe('A6 what a client may see', () => {
  it('nothing without a policy, and nothing with one that names no account', () => {
    expect(() => checkGranted(null)).toThrow(expect.objectContaining({ code: 'parser.access_not_granted', kind: 'denied' }));
    expect(() => checkGranted(policy([]))).toThrow(expect.objectContaining({ code: 'parser.access_not_granted' }));
  });
  it('all accounts, or the named ones', () => {
    for (const granted of [policy(null), policy(['a'])]) expect(checkGranted(granted)).toBe(granted);
    expect(maySee(policy(null), 'a')).toBe(true);
    expect(maySee(policy(['a']), 'a')).toBe(true);
    expect(maySee(policy(['a']), 'b')).toBe(false);
  });
  it('not further back than the holder lets it, whatever it asks for', () => {
    expect(boundedFrom(policy(null, '2026-10-01'), '2026-01-01')).toBe('2026-10-01');
    expect(boundedFrom(policy(null, '2026-10-01'), '2026-11-01')).toBe('2026-11-01');
    expect(boundedFrom(policy(null, '2026-10-01'), undefined)).toBe('2026-10-01');
    expect(boundedFrom(policy(null), '2026-01-01')).toBe('2026-01-01');
    expect(boundedFrom(policy(null), undefined)).toBeNull();
  });
});
