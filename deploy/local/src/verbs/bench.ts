/** `bench`: a JSON line per measurement on stdout; exit 1 when one misses its target. */
import { bombs } from '../bench/bombs.js';
import type { Measurement } from '../bench/measurement.js';
import { parse } from '../bench/parse.js';
import { step } from '../bench/step.js';
import { watch } from '../bench/watch.js';
import { ExpectedFailure } from '../expected-failure.js';

const BENCHES: Readonly<Record<string, () => Promise<Measurement[]>>> = { parse, step, bombs, watch };

export async function bench(name: string | undefined): Promise<void> {
  const chosen = name === undefined ? Object.keys(BENCHES) : [name];
  for (const each of chosen) {
    const measure = BENCHES[each];
    if (!measure) throw new ExpectedFailure(`There is no bench '${each}'. Benches: ${Object.keys(BENCHES).join(', ')}.`, 64);
    for (const measurement of await measure()) {
      process.stdout.write(`${JSON.stringify(measurement)}\n`);
      if (!measurement.ok) process.exitCode = 1;
    }
  }
}
