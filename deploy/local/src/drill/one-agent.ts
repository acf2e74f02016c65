/** Six agents at once on one home, round after round, most of them over what a killed one left behind: exactly one lives. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExpectedFailure } from '../expected-failure.js';
import { runProject } from '../verbs/test.js';

const DEFAULT_ROUNDS = 100;

export async function oneAgent({ count = DEFAULT_ROUNDS }: { count?: number }): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'enishi-drill-'));
  try {
    const env = { ENISHI_DRILL_COUNT: String(count) };
    const report = runProject('it', ['clients/terminal-agent/test/run-lock'], join(folder, 'report.json'), env);
    if (report.numFailedTests + report.numRuntimeErrorTestSuites > 0) throw new ExpectedFailure('More or less than one agent lived.');
    process.stdout.write(`${count} rounds of six at once: one lived in each\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
