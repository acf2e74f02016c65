/** Repeatable chance: the same names give the same numbers, on every machine and in every version of Node. */
import { createHash } from 'node:crypto';

export interface Chance {
  /** Whether something of this probability (0..1) happens. */
  happens(probability: number): boolean;
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number;
  pick<T>(items: readonly T[]): T;
}

/** Chance for one named thing, for example (seed, user, account, day): a day does not depend on the days before it. */
export function chanceOf(...names: (string | number)[]): Chance {
  let state = createHash('sha256').update(names.join('\u0000')).digest().readUInt32LE(0);
  // mulberry32: small, and the same everywhere.
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    happens: (probability) => next() < probability,
    between,
    pick: <T>(items: readonly T[]): T => items[between(0, items.length - 1)] as T,
  };
}
