import { describe, expect, it } from '@jest/globals';
import { waitFor } from './wait-for.js';

describe('waitFor', () => {
  it('gives the first fact that is there', async () => {
    let asked = 0;
    expect(await waitFor(() => (++asked < 3 ? null : { asked }), { everyMs: 1 })).toEqual({ asked: 3 });
  });

  it('takes an exception for "not yet"', async () => {
    let asked = 0;
    const fact = () => {
      if (++asked < 3) throw new Error('not there');
      return 'there';
    };
    expect(await waitFor(fact, { everyMs: 1 })).toBe('there');
  });

  it('says what was awaited and what was seen last', async () => {
    await expect(waitFor(() => false, { timeoutMs: 20, everyMs: 1, what: 'the rain' })).rejects.toThrow(
      'the rain did not come about within 20 ms; seen last: false',
    );
    const broken = () => {
      throw new Error('closed');
    };
    await expect(waitFor(broken, { timeoutMs: 20, everyMs: 1 })).rejects.toThrow('the last look failed: closed');
  });
});
