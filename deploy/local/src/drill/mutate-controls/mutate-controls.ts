/**
 * Bends every expression of the folders that hold controls, one at a time, and runs the folder's tests (Stryker). A
 * folder passes when its tests notice 95 % and `survivors.ts` says of each of the others why nobody could notice it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { toolEnvironment } from '../../config.js';
import { ExpectedFailure } from '../../expected-failure.js';
import { ROOT } from '../../layout.js';
import { FOLDERS, type Folder } from './folders.js';
import { SURVIVORS, type Survivor } from './survivors.js';

const MIN_PERCENT = 95;
/** Of the machine that it was measured on: 2 cores. */
const CONCURRENCY = 2;
const STATE = join(ROOT, '.enishi', 'mutation');
const PLUGINS = join(ROOT, 'deploy', 'local', 'dist', 'drill', 'mutate-controls');

const Position = z.object({ line: z.number().int(), column: z.number().int() });
const Report = z.object({
  files: z.record(
    z.string(),
    z.object({
      source: z.string(),
      mutants: z.array(
        z.object({
          replacement: z.string().default(''),
          location: z.object({ start: Position, end: Position }),
          status: z.enum(['Killed', 'Survived', 'NoCoverage', 'CompileError', 'RuntimeError', 'Timeout', 'Ignored', 'Pending']),
        }),
      ),
    }),
  ),
});

interface Living extends Omit<Survivor, 'why'> {
  readonly line: number;
}
interface Outcome {
  readonly files: readonly string[];
  readonly noticed: number;
  readonly living: readonly Living[];
}

/** @throws ExpectedFailure when a folder does not pass */
export async function mutateControls(names: readonly string[]): Promise<void> {
  const chosen = names.length > 0 ? names : Object.keys(FOLDERS);
  const unknown = chosen.find((name) => !Object.hasOwn(FOLDERS, name));
  if (unknown !== undefined) throw new ExpectedFailure(`There is no folder '${unknown}'. Folders: ${Object.keys(FOLDERS).join(', ')}.`, 64);
  const faults: string[] = [];
  for (const name of chosen) faults.push(...(await judge(name, FOLDERS[name] as Folder)));
  if (faults.length > 0)
    throw new ExpectedFailure(
      `${faults.join('\n')}\nWrite the test that notices it; where nobody could, say why in deploy/local/src/drill/mutate-controls/survivors.ts.`,
    );
}

/** What is wrong with a folder, a line each; its score is printed. */
async function judge(name: string, folder: Folder): Promise<string[]> {
  const startedAt = performance.now();
  const { files, noticed, living } = await bend(folder, join(STATE, name));
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  const all = noticed + living.length;
  const percent = all === 0 ? 0 : (100 * noticed) / all;
  const { unexplained, stale } = compare(
    living,
    SURVIVORS.filter(({ file }) => files.includes(file)),
  );
  const explained = living.length - unexplained.length;
  process.stdout.write(`${name}: ${percent.toFixed(1)} % (${noticed} of ${all} noticed, ${explained} explained), ${seconds} s\n`);
  return [
    ...(percent < MIN_PERCENT ? [`${name}: ${percent.toFixed(1)} % is less than ${MIN_PERCENT} %.`] : []),
    ...unexplained.map(({ file, line, code, becomes }) => `${file}:${line}  ${code}  →  ${becomes}`),
    ...stale.map(({ file, code, becomes }) => `${file}: explained, but noticed or gone: ${code}  →  ${becomes}`),
  ];
}

/** Each explanation covers one survivor. */
export function compare(living: readonly Living[], explanations: readonly Survivor[]): { unexplained: Living[]; stale: Survivor[] } {
  const stale = [...explanations];
  const unexplained = living.filter(({ file, code, becomes }) => {
    const index = stale.findIndex((known) => known.file === file && known.code === code && known.becomes === becomes);
    if (index === -1) return true;
    stale.splice(index, 1);
    return false;
  });
  return { unexplained, stale };
}

/**
 * @param state where the report and the bent copy go, without an extension
 * @param root the folders' globs start there
 * @throws ExpectedFailure when the specs fail before anything is bent, or afterwards with nothing bent
 */
export async function bend(folder: Folder, state: string, root = ROOT): Promise<Outcome> {
  mkdirSync(dirname(state), { recursive: true });
  const reportFile = `${state}.json`;
  const configFile = `${state}.config.json`;
  rmSync(reportFile, { force: true });
  writeFileSync(configFile, JSON.stringify(strykerConfig(folder, state), null, 2));
  if (folder.it) await startServers();
  if (!runStryker(configFile, root)) throw new ExpectedFailure('The controls could not be bent; the lines above say why.');
  // A server that went down midway, or what a bent control left behind, fails every test from there on: all looks noticed.
  if (!runStryker(configFile, root, '--dryRunOnly'))
    throw new ExpectedFailure('The specs fail with nothing bent after all that was bent: this says nothing about the tests.');
  const { files } = Report.parse(JSON.parse(readFileSync(reportFile, 'utf8')));
  const mutants = Object.entries(files).flatMap(([file, { source, mutants: bent }]) =>
    bent.map(({ status: fate, replacement, location }) => ({
      fate,
      file,
      line: location.start.line,
      code: squeezed(textAt(source, location)),
      becomes: squeezed(replacement),
    })),
  );
  return {
    files: Object.keys(files),
    noticed: mutants.filter(({ fate }) => fate === 'Killed' || fate === 'Timeout').length,
    living: mutants.filter(({ fate }) => fate === 'Survived' || fate === 'NoCoverage'),
  };
}

function runStryker(configFile: string, root: string, ...options: readonly string[]): boolean {
  const stryker = join(ROOT, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
  const { status } = spawnSync(process.execPath, [stryker, 'run', configFile, ...options], {
    cwd: root,
    stdio: ['ignore', 2, 'inherit'],
    env: toolEnvironment(),
  });
  return status === 0;
}

function strykerConfig({ bends, unit, it = [] }: Folder, state: string): object {
  return {
    mutate: bends,
    // Whole, but for what no test of these folders reads. Stryker cannot rewrite a tsconfig with TypeScript 7, and needs not.
    ignorePatterns: ['/.enishi', '/.nx', '/docs', '/helm', '/tsconfig.json'],
    tempDirName: state,
    cleanTempDir: 'always',
    plugins: ['runner.js', 'ignore-sentences.js'].map((file) => join(PLUGINS, file)),
    ignorers: ['sentences'],
    testRunner: 'in-process',
    specs: [...unit, ...it],
    warnings: { unknownOptions: false },
    // Tests on real servers build on those before them in their file: they run whole, until the first that fails.
    coverageAnalysis: it.length > 0 ? 'all' : 'perTest',
    concurrency: CONCURRENCY,
    // Modules of mutants that are done with stay in memory.
    maxTestRunnerReuse: 100,
    // A mutant that hangs counts as noticed, so a busy machine must not look like one.
    timeoutMS: 60_000,
    disableTypeChecks: false,
    reporters: ['json', 'progress-append-only'],
    jsonReporter: { fileName: `${state}.json` },
    thresholds: { break: null },
    allowConsoleColors: false,
  };
}

let serversStarted: Promise<void> | undefined;
/** What the jest project `it` starts for its tests; it ends with this process. */
function startServers(): Promise<void> {
  serversStarted ??= import(pathToFileURL(join(ROOT, 'libs', 'testing', 'dist', 'global-setup.js')).href).then(
    ({ default: setUp }: { default: () => Promise<void> }) => setUp(),
  );
  return serversStarted;
}

function textAt(source: string, { start, end }: { start: z.infer<typeof Position>; end: z.infer<typeof Position> }): string {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const last = lines.length - 1;
  // Columns count from 1.
  return lines.map((line, index) => line.slice(index === 0 ? start.column - 1 : 0, index === last ? end.column - 1 : undefined)).join(' ');
}

const squeezed = (text: string) => text.replace(/\s+/g, ' ').trim();
