import type { HolderId } from '@enishi/contracts';
import type { FastifyRequest } from 'fastify';

/** Who asks, as the internal token says. */
export interface Caller {
  /** The person or organisation whose data it is about (`sub`). */
  readonly holderId: HolderId;
  /** The client or terminal that asks on their behalf (`client_id`). */
  readonly clientId: string;
  readonly scopes: readonly string[];
}

const callers = new WeakMap<FastifyRequest, Caller>();

/** Notes whom the guard has let in with this request. */
export function setCaller(request: FastifyRequest, caller: Caller): void {
  callers.set(request, caller);
}

/** The caller whom the guard let in with this request. */
export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request);
  if (caller === undefined) throw new Error('a handler was reached without the guard');
  return caller;
}
