/** Renders a chart as a cluster would get it: for `check`, and for the charts' tests. */
import { basename, dirname, isAbsolute, join } from 'node:path';
import { KUBERNETES_VERSION } from '@enishi/infra';
import { ROOT } from '../layout.js';
import { builtCharts } from './built-charts.js';
import { helm } from './helm.js';
import { type Manifest, parseManifests } from './manifest.js';

export const CHARTS = join(ROOT, 'helm');

export interface RenderOptions {
  /** What the cluster knows beside Kubernetes' own: `['monitoring.coreos.com/v1/ServiceMonitor']`. */
  apiVersions?: readonly string[];
  kubeVersion?: string;
  /** Name of the release; that of the chart unless told otherwise. */
  release?: string;
  namespace?: string;
}

/**
 * The objects that a chart makes of `values`, hooks and tests too, in helm's order.
 * `chart`: its name in helm/, or the absolute path of a chart elsewhere. Throws an Error with helm's sentence when the values are refused.
 */
export function renderChart(chart: string, values: object, options: RenderOptions = {}): Manifest[] {
  const flags = [
    ...(options.apiVersions ?? []).flatMap((version) => ['--api-versions', version]),
    ...(options.kubeVersion === undefined ? [] : ['--kube-version', options.kubeVersion]),
  ];
  return parseManifests(renderText(chart, JSON.stringify(values), flags, options));
}

/** The sentence with which a chart refuses these values; an Error when it takes them. */
export function refusalOf(chart: string, values: object, options: RenderOptions = {}): string {
  let rendered: Manifest[];
  try {
    rendered = renderChart(chart, values, options);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error(`${chart} takes these values, and renders ${rendered.length} objects`);
}

/** The YAML that `helm template` writes. `values`: YAML or JSON. A later flag takes the place of an earlier one. */
export function renderText(
  chart: string,
  values: string,
  flags: readonly string[],
  { release, namespace = 'enishi' }: Pick<RenderOptions, 'release' | 'namespace'> = {},
): string {
  const source = isAbsolute(chart) ? chart : join(CHARTS, chart);
  const folder = join(builtCharts(dirname(source)), basename(source));
  const named = ['template', release ?? basename(source), folder, '--namespace', namespace];
  return helm([...named, '--kube-version', KUBERNETES_VERSION, ...flags, '--values', '-'], values);
}
