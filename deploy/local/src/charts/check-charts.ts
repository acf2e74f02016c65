/**
 * The charts' part of `check`: each scenario of each chart in helm/ is linted, rendered into scenarios/rendered/,
 * held to Kubernetes' schemas, and to the rules between objects. Tells every problem, then fails.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findKubernetesSchemas, KUBERNETES_VERSION } from '@enishi/infra';
import { SHARED_CACHE } from '../layout.js';
import { builtCharts } from './built-charts.js';
import { type Chart, readCharts, type Scenario } from './chart-folders.js';
import { helm } from './helm.js';
import { type Manifest, parseManifests, titleOf } from './manifest.js';
import { CHARTS, renderText } from './render.js';
import { RULES } from './rules/rules.js';
import { type SchemaCheck, schemaCheck } from './schema-check.js';

const fitsSchema = schemaCheck(await findKubernetesSchemas(SHARED_CACHE, (message) => process.stderr.write(`${message}\n`)));
const problems = existsSync(CHARTS) ? readCharts(CHARTS).flatMap((chart) => problemsOfChart(chart)) : [];
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exitCode = 1;

function problemsOfChart(chart: Chart): string[] {
  if (chart.isLibrary) return [];
  // A chart that nothing renders is a chart that nothing checks.
  if (chart.scenarios.length === 0) return [`${chart.name}: has no scenarios/<name>.yaml`];
  const rendered = join(chart.folder, 'scenarios', 'rendered');
  mkdirSync(rendered, { recursive: true });
  const expected = chart.scenarios.map(({ name }) => `${name}.yaml`);
  for (const file of readdirSync(rendered)) if (!expected.includes(file)) rmSync(join(rendered, file));
  return chart.scenarios.flatMap((scenario) =>
    problemsOfScenario(chart, scenario, join(rendered, `${scenario.name}.yaml`), fitsSchema).map(
      (problem) => `${chart.name}, ${scenario.name}: ${problem}`,
    ),
  );
}

function problemsOfScenario(chart: Chart, scenario: Scenario, renderedFile: string, fits: SchemaCheck): string[] {
  const values = readFileSync(scenario.file, 'utf8');
  let manifests: Manifest[];
  try {
    // helm's own exit code is its opinion; what it says in passing ("icon is recommended") is not asked for.
    const at = scenario.flags.indexOf('--kube-version');
    const version = at === -1 ? KUBERNETES_VERSION : (scenario.flags[at + 1] ?? '');
    helm(['lint', '--strict', '--quiet', '--kube-version', version, '--values', '-', join(builtCharts(CHARTS), chart.name)], values);
    const text = renderText(chart.name, values, scenario.flags);
    manifests = parseManifests(text);
    writeFileSync(renderedFile, `# Written by ./enishi check from scenarios/${scenario.name}.yaml\n${text}`);
  } catch (error) {
    return [(error as Error).message];
  }
  const unknown = scenario.waived.filter((rule) => !(rule in RULES)).map((rule) => `waives ${rule}, which is no rule`);
  return [
    ...unknown,
    ...manifests.flatMap((manifest) => fits(manifest).map((problem) => `${titleOf(manifest)}: ${problem}`)),
    ...broken(manifests, scenario),
  ];
}

function broken(manifests: readonly Manifest[], { waived }: Scenario): string[] {
  return Object.entries(RULES).flatMap(([name, rule]) => {
    const found = rule(manifests);
    // What is waived without need would hide what breaks the rule tomorrow.
    if (waived.includes(name)) return found.length === 0 ? [`waives ${name}, and nothing breaks it`] : [];
    return found.map((problem) => `${problem} [${name}]`);
  });
}
