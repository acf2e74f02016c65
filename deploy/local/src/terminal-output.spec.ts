import { expect, it } from '@jest/globals';
import { table } from './terminal-output.js';

it('a table shows what a service wrote, and does not let it speak to the terminal', () => {
  expect(
    table([
      ['a\u001b[2J\u0007', 'b\u202e'],
      ['1', '\u009b'],
    ]),
  ).toBe('a\ufffd[2J\ufffd  b\ufffd\n1       \ufffd');
});
