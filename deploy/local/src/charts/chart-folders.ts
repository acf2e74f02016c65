/** The charts of a folder as their files say them: what each depends on, and its scenarios. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const ChartYaml = z.looseObject({
  name: z.string(),
  type: z.enum(['application', 'library']).default('application'),
  dependencies: z.array(z.looseObject({ name: z.string(), repository: z.string().default('') })).default([]),
});

export interface Scenario {
  readonly name: string;
  /** Path of its values. */
  readonly file: string;
  /** `# helm: --api-versions monitoring.coreos.com/v1` among the first comment lines. */
  readonly flags: readonly string[];
  /** `# waives <rule>: <reason>` among the first comment lines. */
  readonly waived: readonly string[];
}

export interface Chart {
  readonly name: string;
  readonly folder: string;
  readonly isLibrary: boolean;
  /** Names of charts in the same folder (`file://../<name>`). */
  readonly needs: readonly string[];
  readonly scenarios: readonly Scenario[];
}

/** Every chart in `dir`, those that others need first. */
export function readCharts(dir: string): Chart[] {
  const charts = readdirSync(dir)
    .toSorted()
    .filter((name) => existsSync(join(dir, name, 'Chart.yaml')))
    .map((name) => readChart(join(dir, name), name));
  const sorted: Chart[] = [];
  const visit = (chart: Chart, path: readonly string[]): void => {
    if (sorted.includes(chart)) return;
    if (path.includes(chart.name)) throw new Error(`charts need each other: ${[...path, chart.name].join(' → ')}`);
    for (const need of chart.needs) {
      const needed = charts.find(({ name }) => name === need);
      if (!needed) throw new Error(`${chart.name}/Chart.yaml needs file://../${need}, which is no chart`);
      visit(needed, [...path, chart.name]);
    }
    sorted.push(chart);
  };
  for (const chart of charts) visit(chart, []);
  return sorted;
}

function readChart(folder: string, folderName: string): Chart {
  const yaml = ChartYaml.parse(parse(readFileSync(join(folder, 'Chart.yaml'), 'utf8')));
  if (yaml.name !== folderName) throw new Error(`${folder}: Chart.yaml calls it ${yaml.name}; a chart has the name of its folder`);
  const needs = yaml.dependencies.map(({ name, repository }) => {
    // Another repository would have to be fetched: the charts render without any network.
    if (!/^file:\/\/\.\.\/[a-z0-9-]+$/.test(repository))
      throw new Error(`${folderName}/Chart.yaml: ${name} must come from file://../<chart>`);
    return repository.slice('file://../'.length);
  });
  return { name: yaml.name, folder, isLibrary: yaml.type === 'library', needs, scenarios: readScenarios(join(folder, 'scenarios')) };
}

function readScenarios(dir: string): Scenario[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((file) => file.endsWith('.yaml'))
    .toSorted()
    .map((file) => scenarioOf(join(dir, file), file.replace(/\.yaml$/, '')));
}

function scenarioOf(file: string, name: string): Scenario {
  const lines = readFileSync(file, 'utf8').split('\n');
  const end = lines.findIndex((line) => !line.startsWith('#'));
  const comments = end === -1 ? lines : lines.slice(0, end);
  const after = (start: RegExp) => comments.flatMap((line) => (start.test(line) ? [line.replace(start, '').trim()] : []));
  const flags = after(/^#\s*helm:/).flatMap((text) => text.split(/\s+/));
  const waived = after(/^#\s*waives\s/).map((text) => {
    const [, rule, reason] = /^([a-z0-9-]+):\s*(\S.*)$/.exec(text) ?? [];
    if (!rule || !reason) throw new Error(`${file}: write "# waives <rule>: <reason>"`);
    return rule;
  });
  return { name, file, flags, waived };
}
