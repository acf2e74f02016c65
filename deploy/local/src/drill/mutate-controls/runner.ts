/**
 * Plugin of Stryker: runs the specs of a folder in this process. Our own modules are loaded anew for each mutant and for
 * each spec, so that nothing of the one before stays in them (what a spec had kept would hide a mutant from the next); packages are loaded once, and that is what makes jest slow here. All mutants
 * are in the code already and one of them is switched on (Stryker's own way).
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformSync } from '@swc/core';
import fc from 'fast-check';
import { beginSpec, type Suite, specs, type Test } from './jest-globals.js';

/** Property tests that ask for it make few runs: what only many find by luck is not noticed. */
const PROPERTY_RUNS = 20;

/** Shared with the bent code. */
interface Switch {
  activeMutant?: string;
  currentTestId?: string;
  hitCount?: number;
  hitLimit?: number;
  mutantCoverage?: unknown;
}
interface MutantRun {
  readonly activeMutant: { readonly id: string };
  readonly testFilter?: readonly string[];
  readonly hitLimit?: number;
  readonly mutantActivation: 'static' | 'runtime';
}
interface TestResult {
  readonly id: string;
  readonly name: string;
  readonly timeSpentMs: number;
  /** 0: passed, 1: failed. */
  readonly status: 0 | 1;
  readonly failureMessage: string;
}

/** A module of the bent copy; the query says for which spec and mutant it was loaded. */
const TYPESCRIPT = /^file:.*\.ts(?:\?load=\d+)?$/;
/** As packages are: Prisma's engines cannot be loaded anew in one process. */
const LOADED_ONCE = /\/generated\/prisma\/|\/libs\/database\/src\/schema-engine\.ts$/;
const transformed = new Map<string, string>();

/** TypeScript is read from the bent copy, libs from their sources: as jest.config.mjs does. */
function readTypeScript(root: string): void {
  registerHooks({
    resolve(specifier, context, next) {
      const { parentURL = '' } = context;
      const found = TYPESCRIPT.test(parentURL) ? sourceOf(specifier, parentURL, root) : undefined;
      return found === undefined ? next(specifier, context) : { url: found.href, shortCircuit: true };
    },
    load(url, context, next) {
      if (!TYPESCRIPT.test(url)) return next(url, context);
      const filename = fileURLToPath(url);
      const known = transformed.get(filename);
      if (known !== undefined) return { format: 'module', source: known, shortCircuit: true };
      const { code } = transformSync(readFileSync(filename, 'utf8'), {
        filename,
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2024',
          keepClassNames: true,
        },
        module: { type: 'es6' },
      });
      transformed.set(filename, code);
      return { format: 'module', source: code, shortCircuit: true };
    },
  });
}

function sourceOf(specifier: string, parent: string, root: string): URL | undefined {
  if (specifier === '@jest/globals') return new URL('jest-globals.js', import.meta.url);
  const { search } = new URL(parent);
  const lib = /^@enishi\/([a-z]+)$/.exec(specifier)?.[1];
  if (lib !== undefined) return new URL(search, pathToFileURL(join(root, 'libs', lib, 'src', 'index.ts')));
  if (!/^\.{1,2}\/.*\.js$/.test(specifier)) return undefined;
  const source = new URL(specifier.replace(/\.js$/, '.ts'), parent);
  if (!existsSync(source)) return undefined;
  if (!LOADED_ONCE.test(source.pathname)) source.search = search;
  return source;
}

class Runner {
  static readonly inject = ['options'] as const;
  readonly #root = process.cwd();
  readonly #switch: Switch;
  #loads = 0;

  constructor(private readonly options: { readonly specs: readonly string[]; readonly coverageAnalysis: string }) {
    const shared = globalThis as { __stryker__?: Switch };
    shared.__stryker__ ??= {};
    this.#switch = shared.__stryker__;
    readTypeScript(this.#root);
    fc.configureGlobal({ numRuns: PROPERTY_RUNS });
    // A bent control may leave promises behind that nobody awaits: they decide nothing.
    process.on('unhandledRejection', () => undefined);
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  async dryRun() {
    await this.#load(undefined);
    const tests = await this.#run(undefined);
    return { status: 'complete', tests, mutantCoverage: this.#switch.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, mutantActivation }: MutantRun) {
    // Tests that build on each other run all: one that does not reach the mutant may be the one that sees what became of it.
    const wanted = this.options.coverageAnalysis === 'perTest' ? testFilter : undefined;
    this.#switch.hitLimit = hitLimit;
    this.#switch.hitCount = hitLimit === undefined ? undefined : 0;
    if (mutantActivation === 'static') this.#switch.activeMutant = activeMutant.id;
    try {
      await this.#load(wanted);
    } catch (error) {
      return { status: 'killed', killedBy: ['(while loading)'], failureMessage: String(error), nrOfTests: 0 };
    }
    this.#switch.activeMutant = activeMutant.id;
    const tests = await this.#run(wanted);
    this.#switch.activeMutant = undefined;
    if (hitLimit !== undefined && (this.#switch.hitCount ?? 0) > hitLimit) return { status: 'timeout', reason: 'an endless loop' };
    const failed = tests.find(({ status }) => status === 1);
    return failed
      ? { status: 'killed', killedBy: [failed.id], failureMessage: failed.failureMessage, nrOfTests: tests.length }
      : { status: 'survived', nrOfTests: tests.length };
  }

  /** All specs, or those that hold the wanted tests. */
  async #load(wanted: readonly string[] | undefined): Promise<void> {
    specs.length = 0;
    for (const file of this.options.specs.flatMap((pattern) => globSync(pattern, { cwd: this.#root }))) {
      if (wanted && !wanted.some((id) => id.startsWith(`${file} › `))) continue;
      beginSpec(file);
      this.#loads += 1;
      await import(`${pathToFileURL(join(this.#root, file)).href}?load=${this.#loads}`);
    }
  }

  /** All tests, or the wanted ones; with a mutant switched on, until the first fails. */
  async #run(wanted: readonly string[] | undefined): Promise<TestResult[]> {
    const results: TestResult[] = [];
    for (const spec of specs) await this.#runSuite(spec, wanted && new Set(wanted), results);
    return results;
  }

  async #runSuite(suite: Suite, wanted: ReadonlySet<string> | undefined, results: TestResult[]): Promise<void> {
    const over = () => this.#switch.activeMutant !== undefined && results.some(({ status }) => status === 1);
    if (over() || !holds(suite, wanted)) return;
    const broken = await failureOf(suite.beforeAll);
    // What all within stand on has not come up: they cannot run.
    if (broken !== undefined) results.push({ id: suite.name, name: suite.name, timeSpentMs: 0, status: 1, failureMessage: broken });
    else
      for (const child of suite.children) {
        if ('children' in child) await this.#runSuite(child, wanted, results);
        else if (!over() && (!wanted || wanted.has(child.id))) results.push(await this.#runTest(suite, child));
      }
    await failureOf(suite.afterAll);
  }

  async #runTest(suite: Suite, { id, run }: Test): Promise<TestResult> {
    const startedAt = performance.now();
    this.#switch.currentTestId = id;
    const failure = await failureOf([...before(suite), run]);
    const afterwards = await failureOf(after(suite));
    this.#switch.currentTestId = undefined;
    const status = failure === undefined && afterwards === undefined ? 0 : 1;
    return { id, name: id, timeSpentMs: performance.now() - startedAt, status, failureMessage: failure ?? afterwards ?? '' };
  }
}

function holds(suite: Suite, wanted: ReadonlySet<string> | undefined): boolean {
  return !wanted || suite.children.some((child) => ('children' in child ? holds(child, wanted) : wanted.has(child.id)));
}

const before = (suite: Suite): Suite['beforeEach'] => [...(suite.parent ? before(suite.parent) : []), ...suite.beforeEach];
const after = (suite: Suite): Suite['afterEach'] => [...suite.afterEach, ...(suite.parent ? after(suite.parent) : [])];

/** Why the first of these steps failed; undefined when none did. */
async function failureOf(steps: readonly (() => unknown)[]): Promise<string | undefined> {
  try {
    for (const step of steps) await step();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export const strykerPlugins = [{ kind: 'TestRunner', name: 'in-process', injectableClass: Runner }];
