import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConnectorVersions } from './connector-versions.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'enishi-versions-'));
  file = join(folder, 'connector-versions.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('versions of connectors', () => {
  it('A3 only go up, each connector for itself, and outlive the process', () => {
    const versions = new ConnectorVersions(file);
    expect(versions.highest('bank')).toBe(0);
    versions.saw('bank', 3);
    versions.saw('bank', 2);
    versions.saw('other', 1);
    const again = new ConnectorVersions(file);
    expect([again.highest('bank'), again.highest('other'), again.highest('constructor')]).toEqual([3, 1, 0]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ bank: 3, other: 1 });
  });

  it('are written when they go up, and only then', () => {
    const versions = new ConnectorVersions(file);
    versions.saw('bank', 3);
    rmSync(file);
    versions.saw('bank', 3);
    expect(existsSync(file)).toBe(false);
    versions.saw('bank', 4);
    expect(existsSync(file)).toBe(true);
  });

  it('are told damaged instead of forgotten when their file is not ours', () => {
    writeFileSync(file, '{"bank":"3"}');
    expect(() => new ConnectorVersions(file)).toThrow(expect.objectContaining({ code: 'terminal-agent.home_damaged' }));
  });
});
