/** `node deploy/observability/dist/check-rules.js`: promtool reads the rules, runs their tests, and reads every query of the dashboards. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPromtool, InfraError } from '@enishi/infra';
import { stringify } from 'yaml';
import { ROOT, RULE_TESTS_DIR, RULES_DIR } from './places.js';
import { dashboardQueries } from './queries.js';

const yamlIn = (dir: string): string[] =>
  readdirSync(dir)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(dir, name));

const dir = mkdtempSync(join(tmpdir(), 'enishi-queries-'));
try {
  const { file } = await findPromtool(join(ROOT, '.enishi', 'cache'), (message) => process.stderr.write(`${message}\n`));
  // promtool reads rules, not dashboards: each query becomes a rule that says in a label where it stands.
  const rules = dashboardQueries().map(({ where, expr }, index) => ({ record: `dashboard:query:${index}`, expr, labels: { where } }));
  const queries = join(dir, 'dashboards.yaml');
  writeFileSync(queries, stringify({ groups: [{ name: 'dashboards', rules }] }));
  for (const args of [
    ['check', 'rules', ...yamlIn(RULES_DIR), queries],
    ['test', 'rules', ...yamlIn(RULE_TESTS_DIR)],
  ]) {
    const { status } = spawnSync(file, args, { stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof InfraError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
