import { describe, expect, it } from '@jest/globals';
import { strykerPlugins } from './ignore-sentences.js';
import { compare } from './mutate-controls.js';

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
