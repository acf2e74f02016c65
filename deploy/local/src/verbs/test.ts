/** `test`: all tests, one kind, or single files of one; the last line is `N passed, N failed`. Exit 1 when one failed or none ran. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { inCi, toolEnvironment } from '../config.js';
import { ExpectedFailure } from '../expected-failure.js';
import { ROOT } from '../layout.js';

const KINDS = ['unit', 'it', 'charts', 'e2e'] as const;
/** Tests on real parts wait more than they compute; whole platforms compute more. Measured with 2 cores. */
const WORKERS: Readonly<Record<Kind, number>> = { unit: 2, it: 3, charts: 2, e2e: 2 };
type Kind = (typeof KINDS)[number];
const Report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  /** Files that could not run at all: each counts as one failure. */
  numRuntimeErrorTestSuites: z.number(),
});

export function test(kind: string | undefined, paths: readonly string[]): void {
  const chosen = kind === undefined ? KINDS : KINDS.filter((known) => known === kind);
  if (chosen.length === 0) {
    throw new ExpectedFailure(`There are no '${kind}' tests. Kinds: ${KINDS.join(', ')}.`, 64);
  }
  generateClients();
  const dir = mkdtempSync(join(tmpdir(), 'enishi-test-'));
  let passed = 0;
  let failed = 0;
  try {
    for (const project of chosen) {
      const report = runProject(project, paths, join(dir, `${project}.json`));
      passed += report.numPassedTests;
      failed += report.numFailedTests + report.numRuntimeErrorTestSuites;
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  // A run that executed nothing proves nothing.
  if (passed === 0) failed = Math.max(failed, 1);
  process.exitCode = failed === 0 ? 0 : 1;
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
}

/** One kind of tests; `env` beside this process's own. @throws ExpectedFailure when they could not be run at all */
export function runProject(
  project: Kind,
  paths: readonly string[],
  reportFile: string,
  env: Record<string, string> = {},
): z.infer<typeof Report> {
  process.stderr.write(`\n== ${project}\n`);
  const jest = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
  const args = [
    '--experimental-vm-modules',
    '--no-warnings',
    jest,
    '--selectProjects',
    project,
    '--json',
    '--outputFile',
    reportFile,
    `--maxWorkers=${WORKERS[project]}`,
    ...(inCi ? ['--ci'] : []),
    ...(paths.length > 0 ? ['--', ...paths] : []),
  ];
  const { status } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: toolEnvironment(env),
  });
  const report = reportIn(reportFile);
  // A run whose tests pass but whose servers do not stop has failed too.
  if (report && status !== 0 && report.numFailedTests + report.numRuntimeErrorTestSuites === 0) report.numRuntimeErrorTestSuites = 1;
  if (!report) throw new ExpectedFailure(`The ${project} tests could not be run (exit ${status}); the lines above say why.`);
  return report;
}

/** Tests have schemas of their own beside the services'; those that are up to date cost nothing. */
function generateClients(): void {
  const { status } = spawnSync(process.execPath, [join(ROOT, 'libs', 'database', 'dist', 'generate-clients.js')], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new ExpectedFailure('The database clients could not be generated; the lines above say why.');
}

function reportIn(file: string): z.infer<typeof Report> | undefined {
  try {
    return Report.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
