/** What every alert must have beside its expression. Whether the expressions are right, promtool says: `./enishi check`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { DASHBOARDS } from '../dashboards.js';
import { namesIn } from '../metric-names.js';
import { ROOT, RULE_TESTS_DIR } from '../places.js';
import { ALERTS } from './alerts.js';
import { RECORDING } from './recording.js';

interface RuleTest {
  readonly alert_rule_test?: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
  readonly promql_expr_test?: readonly { readonly expr: string }[];
}

const alerts = ALERTS.flatMap(({ rules }) => rules);
const records = RECORDING.flatMap(({ rules }) => rules.map(({ record }) => record));
const tests = readdirSync(RULE_TESTS_DIR).flatMap(
  (file) => (parse(readFileSync(join(RULE_TESTS_DIR, file), 'utf8')) as { tests: RuleTest[] }).tests,
);
const cases = tests.flatMap((test) => test.alert_rule_test ?? []);

describe('each alert', () => {
  it.each(alerts.map(({ alert }) => alert))('%s has a test in which it fires, and one in which it does not', (name) => {
    const own = cases.filter(({ alertname }) => alertname === name);
    expect(own.some(({ exp_alerts }) => exp_alerts.length > 0)).toBe(true);
    expect(own.some(({ exp_alerts }) => exp_alerts.length === 0)).toBe(true);
  });

  it('is the only one of its name, and no test names another', () => {
    const names = alerts.map(({ alert }) => alert);
    expect(new Set(names).size).toBe(names.length);
    expect([...new Set(cases.map(({ alertname }) => alertname))].toSorted()).toEqual(names.toSorted());
  });

  it.each(alerts.map(({ alert, annotations }) => [alert, annotations] as const))(
    '%s says what is wrong, and where to read on',
    (name, said) => {
      expect(said.runbook).toBe(`docs/operations.md#${name.toLowerCase()}`);
      expect(said.summary).not.toBe('');
      expect(said.description).toMatch(/\.$/);
    },
  );
});

describe('each recorded series', () => {
  it('has a test', () => {
    const tested = tests
      .flatMap((test) => test.promql_expr_test ?? [])
      .flatMap(({ expr }) => namesIn(expr).metrics.map(({ metric }) => metric));
    expect(records.filter((record) => !tested.includes(record))).toEqual([]);
  });
});

describe('the runbook', () => {
  const page = readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8');
  const section = page.split(/^## Alerts$/m)[1]?.split(/^## /m)[0] ?? '';
  const parts = section.split(/^### /m).slice(1);

  it('has a heading for each alert, in the order of the rules, and none without one', () => {
    expect(parts.map((part) => part.split('\n')[0])).toEqual(alerts.map(({ alert }) => alert));
  });

  it.each(parts.map((part) => [part.split('\n')[0], part] as const))('%s says what it means, what to look at, what to do', (_, part) => {
    expect([...part.matchAll(/^- \*\*(.+?)\*\* \S/gm)].map(([, title]) => title)).toEqual(['Means', 'Look', 'Do']);
  });

  it('names only panels and rows that are there', () => {
    const titles = DASHBOARDS.flatMap(({ panels = [] }) => panels.map(({ title = '' }) => title));
    const named = [...section.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((title) => !titles.some((known) => known.startsWith(title)))).toEqual([]);
  });

  it('names only log lines that a service writes', () => {
    const sources = ['libs', 'services']
      .flatMap((dir) => readdirSync(join(ROOT, dir)).map((part) => join(ROOT, dir, part, 'src')))
      .flatMap((src) => readdirSync(src, { recursive: true, encoding: 'utf8' }).map((file) => join(src, file)))
      .filter((file) => file.endsWith('.ts') && !file.includes('generated'))
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    // Three words or more, and nothing that a command or an expression has.
    const lines = [...section.matchAll(/`(?!kubectl |helm )([a-zA-Z]+(?:[ ;,']+[a-zA-Z]+){2,})`/g)].map(([, line = '']) => line);
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter((line) => !sources.includes(`'${line}'`))).toEqual([]);
  });
});
