/** `node deploy/observability/dist/check-rules.js`: promtool reads the rules, runs their tests, and reads every query of the dashboards. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { SERVICES } from '@enishi/contracts';
import { findPromtool, InfraError } from '@enishi/infra';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { ROOT, RULE_TESTS_DIR, RULES_DIR } from './places.js';
import { dashboardQueries } from './queries.js';

const yamlIn = (dir: string): string[] =>
  readdirSync(dir)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(dir, name));

const RuleTests = z.looseObject({
  rule_files: z.array(z.string()),
  tests: z.array(z.looseObject({ input_series: z.array(z.object({ series: z.string(), values: z.string() })) })),
});

/**
 * The tests of a file, with every service up that the file does not name: a new service is no alert in tests of the others.
 * Gives the path of the copy.
 */
function withOtherServicesUp(file: string, into: string): string {
  const text = readFileSync(file, 'utf8');
  const { rule_files, tests, ...rest } = RuleTests.parse(parse(text));
  const others = SERVICES.filter((service) => !text.includes(service));
  const up = others.map((service) => ({ series: `up{namespace="prod",service="${service}",pod="${service}"}`, values: '1x2000' }));
  const copy = join(into, basename(file));
  const whole = {
    ...rest,
    rule_files: rule_files.map((rules) => join(RULE_TESTS_DIR, rules)),
    tests: tests.map((test) => ({ ...test, input_series: [...test.input_series, ...up] })),
  };
  writeFileSync(copy, stringify(whole));
  return copy;
}

const dir = mkdtempSync(join(tmpdir(), 'enishi-queries-'));
try {
  const { file } = await findPromtool(join(ROOT, '.enishi', 'cache'), (message) => process.stderr.write(`${message}\n`));
  // promtool reads rules, not dashboards: each query becomes a rule that says in a label where it stands.
  const rules = dashboardQueries().map(({ where, expr }, index) => ({ record: `dashboard:query:${index}`, expr, labels: { where } }));
  const queries = join(dir, 'dashboards.yaml');
  writeFileSync(queries, stringify({ groups: [{ name: 'dashboards', rules }] }));
  for (const args of [
    ['check', 'rules', ...yamlIn(RULES_DIR), queries],
    ['test', 'rules', ...yamlIn(RULE_TESTS_DIR).map((file) => withOtherServicesUp(file, dir))],
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
