/** By what objects are found: for a person, and for a selector. */
import { type Manifest, titleOf } from '../manifest.js';
import { podsOf, type Selector, selects } from './pods.js';

const RECOMMENDED = ['name', 'instance', 'version', 'component', 'part-of', 'managed-by'];
/** The labels by which selectors find pods. */
const OF_PODS = ['name', 'instance', 'component'];
/** They change with a release; a selector never can. */
const CHANGING = ['app.kubernetes.io/version', 'helm.sh/chart', 'app.kubernetes.io/managed-by'];

export function hasRecommendedLabels(manifests: readonly Manifest[]): string[] {
  const lacking = (title: string, labels: Readonly<Record<string, string>> | undefined, wanted: readonly string[]) =>
    wanted.filter((name) => !labels?.[`app.kubernetes.io/${name}`]).map((name) => `${title}: lacks the label app.kubernetes.io/${name}`);
  return [
    ...manifests.flatMap((manifest) => lacking(titleOf(manifest), manifest.metadata.labels, RECOMMENDED)),
    ...podsOf(manifests).flatMap(({ title, labels }) => lacking(`${title}, its pods`, labels, OF_PODS)),
  ];
}

export function selectorsNeverChange(manifests: readonly Manifest[]): string[] {
  return manifests.flatMap((manifest) =>
    Object.keys(podSelectorOf(manifest)?.matchLabels ?? {})
      .filter((label) => CHANGING.includes(label))
      .map((label) => `${titleOf(manifest)}: selects by ${label}, which changes with a release`),
  );
}

export function selectorsFindPods(manifests: readonly Manifest[]): string[] {
  const pods = podsOf(manifests);
  return manifests
    .filter((manifest) => {
      const selector = podSelectorOf(manifest);
      return selector !== undefined && !pods.some(({ labels }) => selects(selector, labels));
    })
    .map((manifest) => `${titleOf(manifest)}: selects no pod of what is rendered`);
}

function podSelectorOf({ kind, spec }: Manifest): Selector | undefined {
  // A Service without selector has its endpoints from elsewhere.
  if (kind === 'Service') {
    const { selector } = spec as { selector?: Record<string, string> };
    return selector && { matchLabels: selector };
  }
  if (['Deployment', 'StatefulSet', 'DaemonSet', 'PodDisruptionBudget'].includes(kind)) return (spec as { selector: Selector }).selector;
  return undefined;
}
