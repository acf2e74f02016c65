import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { strykerPlugins } from './ignore-sentences.js';
import { bend, compare } from './mutate-controls.js';

const living = (code: string, line = 1) => ({ file: 'a.ts', line, code, becomes: 'true' });
const explained = (code: string) => ({ file: 'a.ts', code, becomes: 'true', why: 'it is so' });

describe('survivors', () => {
  it('are each explained for themselves: one explanation does not cover two', () => {
    expect(compare([living('x', 1), living('x', 2)], [explained('x')])).toEqual({ unexplained: [living('x', 2)], stale: [] });
  });
  it('are explained by what became of them, not by their code alone', () => {
    const other = { ...explained('x'), becomes: 'false' };
    expect(compare([living('x')], [other])).toEqual({ unexplained: [living('x')], stale: [other] });
  });
  it('that are gone leave no explanation behind', () => {
    expect(compare([], [explained('x')])).toEqual({ unexplained: [], stale: [explained('x')] });
  });
});

describe('what is not bent', () => {
  const ignored = (node: object, parent: object) => strykerPlugins[0]?.value.shouldIgnore({ node, parent } as never) !== undefined;
  const text = (value: string) => ({ type: 'StringLiteral', value });
  const made = { type: 'NewExpression' };

  it('are the sentences of errors, and nothing that programs go by', () => {
    expect(ignored(text('the order is late'), made)).toBe(true);
    expect(ignored(text('the order is late'), { type: 'CallExpression', callee: { name: 'platformError' } })).toBe(true);
    expect(ignored(text('check-origin'), made)).toBe(false);
    expect(ignored(text('the order is late'), { type: 'CallExpression', callee: { name: 'checkOrder' } })).toBe(false);
    expect(ignored({ type: 'BinaryExpression' }, made)).toBe(false);
  });
});

describe('a folder', () => {
  let root: string;
  const server = () => join(root, 'server-is-up');
  const folder = { bends: ['src/limit.ts'], unit: ['src/limit.spec.ts'] };
  /** The test of `limit` stands on a server, as far as a file can be one. */
  const write = (whenNoticed: string) => {
    const up = JSON.stringify(server());
    writeFileSync(join(root, 'src', 'limit.ts'), 'export const allowed = (count: number) => count < 5;\n');
    writeFileSync(
      join(root, 'src', 'limit.spec.ts'),
      `import { existsSync, rmSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { allowed } from './limit.js';
describe('limit', () => {
  beforeAll(() => { if (!existsSync(${up})) throw new Error('the server is down'); });
  it('is four', () => {
    try { expect([allowed(4), allowed(5)]).toEqual([true, false]); } catch (error) { ${whenNoticed.replace('UP', up)}; throw error; }
  });
});
`,
    );
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'enishi-bend-'));
    mkdirSync(join(root, 'src'));
    writeFileSync(server(), '');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('is judged by what its tests notice', async () => {
    write('');
    const { files, noticed, living } = await bend(folder, join(root, '.enishi', 'state'), root);
    expect({ files, noticed, living }).toEqual({ files: ['src/limit.ts'], noticed: 5, living: [] });
  });

  it('is not judged when a server went down on the way: all that follows would look noticed', async () => {
    write('rmSync(UP)');
    await expect(bend(folder, join(root, '.enishi', 'state'), root)).rejects.toThrow('with nothing bent after all that was bent');
  });
});
