import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { linkLibraries } from './postgres-programs.js';

let packageDir: string;
beforeEach(() => {
  packageDir = mkdtempSync(join(tmpdir(), 'enishi-links-'));
  mkdirSync(join(packageDir, 'native', 'lib'), { recursive: true });
});
afterEach(() => rmSync(packageDir, { recursive: true, force: true }));

describe("the package's libraries", () => {
  it('are linked where npm was told to run no install script, and again without effect', () => {
    const native = join(packageDir, 'native');
    writeFileSync(join(native, 'lib', 'libpq.so.5.18'), 'library');
    const links = ['libpq.so', 'libpq.so.5'].map((name) => ({ source: 'native/lib/libpq.so.5.18', target: `native/lib/${name}` }));
    writeFileSync(join(native, 'pg-symlinks.json'), JSON.stringify(links));
    linkLibraries(native);
    linkLibraries(native);
    expect(readlinkSync(join(native, 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18');
    expect(readFileSync(join(native, 'lib', 'libpq.so'), 'utf8')).toBe('library');
  });

  it('are left alone in a package that lists none', () => {
    expect(() => linkLibraries(join(packageDir, 'native'))).not.toThrow();
  });
});
