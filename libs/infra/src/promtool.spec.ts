import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findPromtool } from './promtool.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'enishi-promtool-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function program(name: string, script: string): string {
  const file = join(dir, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

describe('promtool', () => {
  it('is taken from PATH first, whichever stream it names its version on', async () => {
    const file = program('other', 'echo "promtool, version 2.53.1 (branch: HEAD)" >&2');
    expect(await findPromtool(dir, undefined, { program: file, debian: false })).toEqual({ file, version: '2.53.1', way: 'path' });
  });

  it('is taken from the cache when PATH has none', async () => {
    const file = program('promtool', 'echo "promtool, version 2.42.0+ds (branch: debian/sid)"');
    expect(await findPromtool(dir, undefined, { program: null, debian: false })).toEqual({ file, version: '2.42.0', way: 'cache' });
  });

  it('that is nowhere makes an instruction that says what was tried', async () => {
    const sought = findPromtool(dir, undefined, { program: join(dir, 'absent'), debian: false });
    await expect(sought).rejects.toMatchObject({ code: 'infra.promtool_not_found' });
    await expect(sought).rejects.toThrow(/PATH: no promtool there[\s\S]*apt-get install prometheus/);
  });
});
