import { describe, expect, it } from '@jest/globals';
import { databaseAway } from './database-away.js';

const raw = (cause: object) => ({ code: 'P2010', meta: { driverAdapterError: { cause } } });

describe('a database that is away for now', () => {
  it.each<[string, unknown]>([
    ['not reachable', { code: 'P1001' }],
    ['no transaction to be had in time', { code: 'P2028' }],
    ['a deadlock', { code: 'P2034' }],
    ['not reachable, of a raw statement', raw({ kind: 'DatabaseNotReachable' })],
    ['stopping', raw({ kind: 'postgres', code: '57P01', originalCode: '57P01' })],
    ['starting', { name: 'DriverAdapterError', cause: { kind: 'postgres', originalCode: '57P03' } }],
  ])('is platform.not_available: %s', (_what, error) => {
    expect(databaseAway(error)).toMatchObject({ code: 'platform.not_available', kind: 'busy', cause: error });
  });
  it.each<[string, unknown]>([
    ['a unique constraint', { code: 'P2002' }],
    ['a wrong statement', raw({ kind: 'postgres', originalCode: '42601' })],
    ['an error of ours', new TypeError('x')],
    ['no error at all', undefined],
  ])('is not: %s', (_what, error) => {
    expect(databaseAway(error)).toBeUndefined();
  });
});
