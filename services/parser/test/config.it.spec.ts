/** The configuration of the parser, as a process meets it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, readConfig } from '@enishi/config';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { configSchema } from '../src/config.js';
import { Stage } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
}, 60_000);
afterAll(async () => stage?.close(), 60_000);

const problemsOf = (environment: Record<string, string>): string => {
  try {
    readConfig(configSchema, environment);
    return 'no problem';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message;
  }
};

describe('the configuration', () => {
  it('is good as the launcher gives it', () => {
    expect(problemsOf(stage.environment())).toBe('no problem');
  });
  it('tells all its problems at once, and never what a secret file holds', () => {
    const bad = join(stage.platform.dir, 'bad.key');
    writeFileSync(bad, 'canary-secret');
    const said = problemsOf(
      stage.environment({ HTTP_PORT: '99999', RESULT_KEY_FILE: bad, IDENTITY_KEY_FILE: bad, SEALED_PAGE_DAYS: '0', ROOT_FILE: bad }),
    );
    for (const key of ['HTTP_PORT', 'RESULT_KEY_FILE', 'IDENTITY_KEY_FILE', 'SEALED_PAGE_DAYS', 'ROOT_FILE']) expect(said).toContain(key);
    expect(said).not.toContain('canary-secret');
  });
  it('refuses a connector that the root has not certified', () => {
    const file = join(stage.platform.dir, 'connectors', 'forged.jws');
    writeFileSync(file, 'e30.e30.AAAA');
    expect(problemsOf(stage.environment())).toContain('forged.jws');
    writeFileSync(file, '');
    expect(problemsOf(stage.environment())).toContain('forged.jws');
  });
});
