/** A configuration that is wrong is told at the start, all of it at once. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, readConfig } from '@enishi/config';
import { certifyKey, generateSigningKey } from '@enishi/crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { configSchema } from '../src/config.js';
import { Stage } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
}, 60_000);
afterAll(async () => stage?.close(), 60_000);

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(configSchema, environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}
function file(name: string, content: string): string {
  const path = join(stage.platform.dir, name);
  writeFileSync(path, content);
  return path;
}

describe('the configuration', () => {
  it('of a platform that is well laid out has no problem', () => {
    expect(problemsOf(stage.environment())).toEqual([]);
  });
  it('all missing and wrong keys are told at once', () => {
    const problems = problemsOf({ HTTP_PORT: 'eighty', RUN_LEASE_MS: '1' });
    for (const key of ['HTTP_PORT', 'RUN_LEASE_MS', 'NATS_URL', 'ROOT_FILE', 'ORDER_KEY_FILE', 'CONNECTORS_DIR'])
      expect(problems.some((problem) => problem.startsWith(`${key} `))).toBe(true);
  });
  it('a key that the root has not certified is told, and so is one that its statement is not about', () => {
    const { pki } = stage.platform;
    const other = generateSigningKey();
    const selfMade = certifyKey(other.privateJwk, { use: 'order', jwk: other.publicJwk, validForSeconds: 60 });
    expect(problemsOf(stage.environment({ ORDER_KEY_STATEMENT_FILE: file('self.jws', selfMade) })).join()).toContain(
      'ORDER_KEY_STATEMENT_FILE',
    );
    const problems = problemsOf(stage.environment({ ORDER_KEY_FILE: file('other.json', JSON.stringify(other.privateJwk)) }));
    expect(problems.join()).toContain('certifies another key');
    expect(problems.join()).not.toContain(other.privateJwk.d);
    expect(problemsOf(stage.environment({ RESULT_KEY_STATEMENT_FILE: pki.orderKeyStatementFile })).join()).toContain(
      'RESULT_KEY_STATEMENT_FILE',
    );
  });
  it('a connector that is not signed by a certified key is told by its file', () => {
    const path = join(stage.platform.dir, 'connectors', 'bad-bank.jws');
    writeFileSync(path, 'not.a.jws');
    expect(problemsOf(stage.environment()).join()).toMatch(/CONNECTORS_DIR bad-bank\.jws/);
  });
});
