import type { DeclaredErrors } from '@enishi/contracts';
import { AppError, type AppErrorOptions } from './app-error.js';

/** What declares errors: a request, or a route. */
export interface Declares {
  readonly owner: string;
  readonly errors: DeclaredErrors;
}

/**
 * An error that `contract` declares, as `<owner>.<reason>`. Thrown by the caller: `throw failure(enrolTerminal, 'mac_wrong', '…')`.
 * A reason that the contract does not declare does not compile.
 */
export function failure<C extends Declares>(
  contract: C,
  reason: keyof C['errors'] & string,
  message: string,
  options: AppErrorOptions = {},
): AppError {
  const kind = Object.hasOwn(contract.errors, reason) ? contract.errors[reason] : undefined;
  if (kind === undefined) throw new TypeError(`${contract.owner} declares no error named ${reason}`);
  return new AppError(`${contract.owner}.${reason}`, kind, message, options);
}
