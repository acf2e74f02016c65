import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { samples } from './samples.js';

const dir = join(import.meta.dirname, '..', 'samples');

describe('the samples that readers are built against', () => {
  it('are, byte for byte, what the bank sends today', () => {
    const made = samples();
    expect(readdirSync(dir).toSorted()).toEqual([...made.keys()].toSorted());
    // Names only: a difference of bytes would fill the screen.
    const different = [...made].filter(([name, bytes]) => !bytes.equals(readFileSync(join(dir, name)))).map(([name]) => name);
    expect(different).toEqual([]);
  });

  it('hold no character that Shift_JIS could not carry', () => {
    for (const [name, bytes] of samples()) {
      if (name === 'truth.json') continue;
      const text = new TextDecoder('shift_jis', { fatal: true }).decode(bytes);
      // The encoder writes a question mark for what it cannot write; query strings are the only place for an honest one.
      expect([name, text.replaceAll(/\/ib\/\w+\?/g, '').includes('?')]).toEqual([name, false]);
    }
  });
});
