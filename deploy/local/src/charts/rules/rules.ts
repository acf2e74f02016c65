/** Every rule that holds between the objects of one rendering. A scenario waives one by its name, with a reason (chart-folders.ts). */
import type { Manifest } from '../manifest.js';
import { hasRecommendedLabels, selectorsFindPods, selectorsNeverChange } from './labels.js';
import {
  cannotWriteItsRoot,
  dropsAllCapabilities,
  gainsNoPrivileges,
  hasNoApiToken,
  hasSeccompProfile,
  runsAsNonRoot,
  staysOffTheHost,
  writesNoSecretInEnv,
} from './least-privilege.js';
import { isFencedIn } from './network.js';
import { hasProbes, pinsItsImages, spreadsOverNodes, statesItsResources, survivesADrain } from './staying-up.js';

/** What is wrong, a sentence each; nothing when the rule holds. */
export type Rule = (manifests: readonly Manifest[]) => string[];

export const RULES: Readonly<Record<string, Rule>> = {
  'non-root': runsAsNonRoot,
  'read-only-root': cannotWriteItsRoot,
  'no-new-privileges': gainsNoPrivileges,
  'no-capabilities': dropsAllCapabilities,
  seccomp: hasSeccompProfile,
  'no-api-token': hasNoApiToken,
  'off-the-host': staysOffTheHost,
  'no-secret-in-env': writesNoSecretInEnv,
  resources: statesItsResources,
  probes: hasProbes,
  'pinned-images': pinsItsImages,
  'disruption-budget': survivesADrain,
  spread: spreadsOverNodes,
  labels: hasRecommendedLabels,
  'stable-selectors': selectorsNeverChange,
  'selectors-find-pods': selectorsFindPods,
  'network-policies': isFencedIn,
};
