/**
 * Stands for `@jest/globals` in the specs of a bent folder: collects their tests, so that they can be run again and again
 * in one process. It has what the specs use; jest's own `expect` and mocks are behind it.
 */
import { expect } from 'expect';
import { ModuleMocker } from 'jest-mock';

type Step = () => unknown;
export interface Test {
  readonly id: string;
  readonly run: Step;
}
export interface Suite {
  readonly name: string;
  readonly parent: Suite | undefined;
  /** In the order of the source, in which jest runs them. */
  readonly children: (Test | Suite)[];
  readonly beforeAll: Step[];
  readonly afterAll: Step[];
  readonly beforeEach: Step[];
  readonly afterEach: Step[];
}

const suiteOf = (name: string, parent?: Suite): Suite => ({
  name,
  parent,
  children: [],
  beforeAll: [],
  afterAll: [],
  beforeEach: [],
  afterEach: [],
});

/** One suite a spec. */
export const specs: Suite[] = [];
let current = suiteOf('');

/** Tests are collected for this spec from now on. */
export function beginSpec(path: string): void {
  current = suiteOf(path);
  specs.push(current);
}

export function describe(name: string, collect: () => void): void {
  const outer = current;
  current = suiteOf(`${outer.name} › ${name}`, outer);
  outer.children.push(current);
  collect();
  current = outer;
}

export function it(name: string, run: Step): void {
  current.children.push({ id: `${current.name} › ${name}`, run });
}

const argumentsOf = (row: unknown): readonly unknown[] => (Array.isArray(row) ? row : [row]);
it.each = (rows: readonly unknown[]) => (name: string, run: (...values: readonly unknown[]) => unknown) =>
  rows.forEach((row, index) => it(`${name} #${index}`, () => run(...argumentsOf(row))));
describe.each = (rows: readonly unknown[]) => (name: string, collect: (...values: readonly unknown[]) => void) =>
  rows.forEach((row, index) => describe(`${name} #${index}`, () => collect(...argumentsOf(row))));

export const beforeAll = (step: Step) => current.beforeAll.push(step);
export const afterAll = (step: Step) => current.afterAll.push(step);
export const beforeEach = (step: Step) => current.beforeEach.push(step);
export const afterEach = (step: Step) => current.afterEach.push(step);

export const jest = new ModuleMocker(globalThis);
export { expect };
