import type { RouteContract } from '@enishi/contracts';
import { platformError } from '@enishi/errors';

/** What a handler returned, as its contract has it. What does not fit is our fault, and never sent. */
export function checkOutput(contract: RouteContract, value: unknown): unknown {
  const parsed = contract.output.safeParse(value ?? undefined);
  if (parsed.success) return parsed.data;
  throw platformError('broken', `${contract.operationId} returned what its contract does not allow.`, { cause: parsed.error });
}
