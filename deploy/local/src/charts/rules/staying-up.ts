/** What keeps a service up while nodes fail and are drained. */
import { type Manifest, titleOf } from '../manifest.js';
import { forEachContainer, forEachPod, type Pod, podsOf, type Selector, selects } from './pods.js';

const LONG_RUNNING = ['Deployment', 'StatefulSet'];

export const statesItsResources = forEachContainer(({ resources }) => [
  ...(['cpu', 'memory'] as const).filter((name) => !resources?.requests?.[name]).map((name) => `lacks resources.requests.${name}`),
  ...(resources?.limits?.memory ? [] : ['lacks resources.limits.memory']),
]);

export const hasProbes = forEachPod(({ kind, spec }) =>
  LONG_RUNNING.includes(kind)
    ? spec.containers.flatMap((container) =>
        (['livenessProbe', 'readinessProbe'] as const)
          .filter((probe) => !container[probe])
          .map((probe) => `container ${container.name} lacks a ${probe}`),
      )
    : [],
);

/** By a tag or a digest: what is rendered says which program runs. */
export const pinsItsImages = forEachContainer(({ image = '' }) => {
  const [name = '', digest] = image.split('@');
  const tag = /:([\w.-]+)$/.exec(name)?.[1];
  if (digest !== undefined) return /^sha256:[0-9a-f]{64}$/.test(digest) ? [] : [`has the image ${image}, whose digest is none`];
  if (tag === undefined) return [`has the image ${image}, without tag or digest`];
  return tag === 'latest' ? [`has the image ${image}`] : [];
});

export function survivesADrain(manifests: readonly Manifest[]): string[] {
  const budgets = manifests
    .filter(({ kind }) => kind === 'PodDisruptionBudget')
    .map(({ spec }) => (spec as { selector?: Selector }).selector);
  return replicated(manifests)
    .filter(({ labels }) => !budgets.some((selector) => selector !== undefined && selects(selector, labels)))
    .map(({ title }) => `${title}: several replicas, and no PodDisruptionBudget selects them`);
}

export function spreadsOverNodes(manifests: readonly Manifest[]): string[] {
  return replicated(manifests)
    .filter(
      ({ spec, labels }) =>
        !spec.topologySpreadConstraints?.some(({ labelSelector }) => labelSelector !== undefined && selects(labelSelector, labels)),
    )
    .map(({ title }) => `${title}: several replicas, and no topologySpreadConstraints that count them`);
}

/** Deployments of more than one replica, by themselves or by their autoscaler. */
function replicated(manifests: readonly Manifest[]): Pod[] {
  const scaled = new Map(
    manifests
      .filter(({ kind }) => kind === 'HorizontalPodAutoscaler')
      .map(({ spec }) => spec as { scaleTargetRef: { kind: string; name: string }; maxReplicas: number })
      .map(({ scaleTargetRef: { kind, name }, maxReplicas }) => [`${kind} ${name}`, maxReplicas]),
  );
  const most = (manifest: Manifest) => scaled.get(titleOf(manifest)) ?? (manifest.spec as { replicas?: number }).replicas ?? 1;
  return podsOf(manifests.filter((manifest) => manifest.kind === 'Deployment' && most(manifest) > 1));
}
