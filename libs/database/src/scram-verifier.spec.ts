import { describe, expect, it } from '@jest/globals';
import { scramVerifier } from './scram-verifier.js';

describe('the verifier of a password', () => {
  it('is of the form that Postgres keeps, with a salt of its own each time', () => {
    const form = /^SCRAM-SHA-256\$4096:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/;
    expect(scramVerifier('the-password')).toMatch(form);
    expect(scramVerifier('the-password')).not.toBe(scramVerifier('the-password'));
  });

  it('refuses what SASLprep might change, and does not repeat it', () => {
    for (const password of ['', 'pässword', 'canary\u00a0', 'canary\n', 'canary\u007f']) {
      expect(() => scramVerifier(password)).toThrow(/^a password of a role holds printable ASCII characters only, and one at least$/);
    }
  });
});
