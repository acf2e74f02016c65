/** Words for the tests of the charts: the least values, a scenario as it is installed, and what a pod is given. */
import { readFileSync } from 'node:fs';
import { readCharts } from '../../deploy/local/src/charts/chart-folders.js';
import { type Manifest, parseManifests } from '../../deploy/local/src/charts/manifest.js';
import { CHARTS, renderText } from '../../deploy/local/src/charts/render.js';
import { type Container, type Pod, podsOf } from '../../deploy/local/src/charts/rules/pods.js';

const ISSUER = 'https://identity.bank.example';

/** The values without which no chart renders, and `more` of `global`. */
export function values(more: object = {}): { global: object } {
  return { global: { issuer: ISSUER, ...more } };
}

/** What helm/<chart>/scenarios/<name>.yaml installs; `flags`: more of helm's, such as `--set`. */
export function renderScenario(chart: string, name: string, flags: readonly string[] = []): Manifest[] {
  const scenario = readCharts(CHARTS)
    .find((one) => one.name === chart)
    ?.scenarios.find((one) => one.name === name);
  if (!scenario) throw new Error(`there is no helm/${chart}/scenarios/${name}.yaml`);
  return parseManifests(renderText(chart, readFileSync(scenario.file, 'utf8'), [...scenario.flags, ...flags]));
}

/** The pod that an object makes. */
export function podOf(manifest: Manifest): Pod {
  const [pod] = podsOf([manifest]);
  if (!pod) throw new Error(`${manifest.kind} ${manifest.metadata.name} makes no pod`);
  return pod;
}

export function containerOf(manifest: Manifest): Container {
  const [container, ...others] = podOf(manifest).spec.containers;
  if (!container || others.length > 0) throw new Error(`${manifest.metadata.name} has not one container`);
  return container;
}

/** Environment of the one container; what comes from a field of the pod is left out. */
export function envOf(manifest: Manifest): Record<string, string> {
  return Object.fromEntries((containerOf(manifest).env ?? []).flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
}

export function ofKind(manifests: readonly Manifest[], kind: string): Manifest[] {
  return manifests.filter((manifest) => manifest.kind === kind);
}
