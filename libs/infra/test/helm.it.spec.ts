import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findHelm, HELM_VERSION } from '../src/index.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'enishi-helm-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function helmSaying(version: string): string {
  const file = join(dir, 'helm');
  writeFileSync(file, `#!/bin/sh\nprintf v${version}\n`, { mode: 0o755 });
  return file;
}

describe('finding helm', () => {
  it('takes any of its major version from PATH, with homes that are not the person’s', async () => {
    const found = await findHelm(dir, () => {}, { program: helmSaying('4.0.9+gabcdef'), go: false });
    expect(found).toMatchObject({ way: 'path', version: '4.0.9' });
    expect(Object.keys(found.env).sort()).toEqual(['HELM_CACHE_HOME', 'HELM_CONFIG_HOME', 'HELM_DATA_HOME']);
    for (const home of Object.values(found.env)) expect(home.startsWith(dir)).toBe(true);
  });

  it('passes over another major version, and says what to do', async () => {
    const found = findHelm(dir, () => {}, { program: helmSaying('3.19.0'), go: false });
    await expect(found).rejects.toMatchObject({
      code: 'infra.helm_not_found',
      message: expect.stringMatching(
        new RegExp(`helm 3\\.19\\.0 is there, and ${HELM_VERSION} is needed\nPut helm ${HELM_VERSION} on PATH`),
      ),
    });
  });
});
