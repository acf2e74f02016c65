/** What every proof on a cluster is given, and how it says what it found. */
import { ExpectedFailure } from '../../expected-failure.js';
import type { ClusterPlatform } from '../../kubernetes/cluster-platform.js';
import type { ImageBuilder } from '../../kubernetes/images.js';

export interface OnCluster {
  readonly cluster: ClusterPlatform;
  readonly images: ImageBuilder;
}

export interface Proof {
  readonly name: string;
  /** The guarantee, in one line. */
  readonly shows: string;
  run(on: OnCluster): Promise<void>;
}

export function say(text: string): void {
  process.stdout.write(`  ${text}\n`);
}

/** @throws ExpectedFailure with `otherwise` when the fact does not hold */
export function must(fact: boolean, otherwise: string): asserts fact {
  if (!fact) throw new ExpectedFailure(otherwise);
}

/** Looks until `ask` answers something other than undefined. @throws ExpectedFailure when it does not in time */
export async function until<T>(what: string, withinMs: number, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new ExpectedFailure(`${what}: not so after ${withinMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

export function seconds(fromMs: number): string {
  return `${((performance.now() - fromMs) / 1000).toFixed(1)} s`;
}
