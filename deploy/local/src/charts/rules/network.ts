/** Who may speak to a pod, and to whom it may speak. */
import type { Manifest } from '../manifest.js';
import { podsOf, type Selector, selects } from './pods.js';

interface PolicySpec {
  podSelector?: Selector;
  policyTypes?: string[];
  egress?: unknown[];
}

/** Without a policy that selects it, a pod may be reached by everything in the cluster, and reach everything. */
export function isFencedIn(manifests: readonly Manifest[]): string[] {
  const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy').map(({ spec }) => spec as PolicySpec);
  return podsOf(manifests).flatMap(({ title, labels }) => {
    const types = new Set(policies.filter(({ podSelector }) => selects(podSelector, labels)).flatMap(typesOf));
    return ['Ingress', 'Egress']
      .filter((type) => !types.has(type))
      .map((type) => `${title}: no NetworkPolicy for ${type} selects its pods`);
  });
}

/** A policy that does not say its types is one for Ingress, and for Egress if it has such rules. */
function typesOf({ policyTypes, egress }: PolicySpec): string[] {
  return policyTypes ?? ['Ingress', ...(egress ? ['Egress'] : [])];
}
