import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { AGENT_VERSION } from '../version.js';
import { parseCommand, USAGE } from './arguments.js';
import { endsInWords } from './status.js';

describe('the command line', () => {
  it('gives verb and options', () => {
    expect(parseCommand(['connect', '--connection', 'conn_x', '--secret', 'a', '--secret', 'b', '--home', '/h'])).toMatchObject({
      verb: 'connect',
      values: { connection: 'conn_x', secret: ['a', 'b'], home: '/h' },
    });
  });

  it.each([[[]], [['help']], [['run', '--help']]])('explains itself: %j', (argv) => {
    expect(parseCommand(argv)).toBe('help');
  });

  it.each([[['dance']], [['run', '--fast']], [['run', 'now']], [['log', '--last']], [['constructor']]])('refuses %j by name', (argv) => {
    expect(() => parseCommand(argv)).toThrow(expect.objectContaining({ code: 'terminal-agent.usage_wrong' }));
  });

  it('names every verb in its usage', () => {
    for (const verb of ['enrol', 'connect', 'run', 'status', 'log']) expect(USAGE).toContain(`enishi-agent ${verb}`);
  });

  it('tells the version of its package', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
    expect(AGENT_VERSION).toBe(version);
  });
});

describe('the end of a certificate in words', () => {
  const now = new Date('2026-11-22T00:00:00Z');
  const in_ = (days: number) => endsInWords(new Date(now.getTime() + days * 86_400_000), now);

  it('warns at 30, 14, 7 and 1 days, and says when it is over', () => {
    expect(in_(100)).toBe('valid until 2027-03-02');
    expect([in_(20), in_(10), in_(5), in_(0.5)].map((words) => /within (\d+ days?)/.exec(words)?.[1])).toEqual([
      '30 days',
      '14 days',
      '7 days',
      '1 day',
    ]);
    expect(in_(-1)).toContain('EXPIRED');
  });
});
