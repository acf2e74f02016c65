/** `drill`: the long proofs. `test` runs each small and seeded; here any size. */
import { kill } from '../drill/kill.js';
import { ExpectedFailure } from '../expected-failure.js';

const DRILLS: Readonly<Record<string, (options: { seed: number; count?: number }) => Promise<void>>> = { kill };

export async function drill(name: string, options: { seed: number; count?: number }): Promise<void> {
  const chosen = DRILLS[name];
  if (!chosen) throw new ExpectedFailure(`There is no drill '${name}'. Drills: ${Object.keys(DRILLS).join(', ')}.`, 64);
  await chosen(options);
}
