import type { RouteContract } from '@enishi/contracts';

const contracts = new WeakMap<object, RouteContract>();

/** Notes that this method of a controller serves this contract. */
export function serve(handler: object, contract: RouteContract): void {
  contracts.set(handler, contract);
}

/** The contract that a controller's method serves; undefined for one without @Serves. */
export function contractOf(handler: object): RouteContract | undefined {
  return contracts.get(handler);
}
