/** One measured figure beside a reference of the same minute: absolute times on a shared machine say little. */
export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The same unit, measured in the same minute. */
  readonly reference: number;
  readonly referenceIs: string;
  /** value / reference */
  readonly ratio: number;
  readonly target: string;
  readonly ok: boolean;
  readonly on: string;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
