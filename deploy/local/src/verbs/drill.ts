/** `drill`: the long proofs. `test` runs each small and seeded; here any size. */
import { kill } from '../drill/kill.js';
import { kubernetes } from '../drill/kubernetes/kubernetes.js';
import { mutateControls } from '../drill/mutate-controls/mutate-controls.js';
import { oneAgent } from '../drill/one-agent.js';
import { ExpectedFailure } from '../expected-failure.js';

export interface DrillOptions {
  readonly seed: number;
  readonly count?: number;
  /** Of `kubernetes`: the file that says how the cluster is reached, and which of its proofs to run. */
  readonly cluster?: string;
  readonly only?: string;
}

const DRILLS: Readonly<Record<string, (options: DrillOptions, parts: readonly string[]) => Promise<void>>> = {
  kill,
  kubernetes,
  'one-agent': oneAgent,
  'mutate-controls': (_options, folders) => mutateControls(folders),
};

/** `parts`: only these parts of the drill. */
export async function drill(name: string, parts: readonly string[], options: DrillOptions): Promise<void> {
  const chosen = DRILLS[name];
  if (!chosen) throw new ExpectedFailure(`There is no drill '${name}'. Drills: ${Object.keys(DRILLS).join(', ')}.`, 64);
  await chosen(options, parts);
}
