import type { DeclaredErrors } from '@enishi/contracts';
import { AppError, type AppErrorOptions } from './app-error.js';

/** What declares errors: a request, or a route. */
export interface Declares {
  readonly owner: string;
  readonly errors: DeclaredErrors;
}

/** The reasons that a contract declares by name; its type also allows any string, which is left out here. */
export type ReasonOf<C extends Declares> = keyof { [R in keyof C['errors'] as string extends R ? never : R]: true } & string;

/**
 * An error that `contract` declares, as `<owner>.<reason>`. Thrown by the caller: `throw failure(enrolTerminal, 'mac_wrong', '…')`.
 * A reason that the contract does not declare does not compile.
 */
export function failure<C extends Declares>(contract: C, reason: ReasonOf<C>, message: string, options: AppErrorOptions = {}): AppError {
  const kind = Object.hasOwn(contract.errors, reason) ? contract.errors[reason] : undefined;
  if (kind === undefined) throw new TypeError(`${contract.owner} declares no error named ${reason}`);
  return new AppError(`${contract.owner}.${reason}`, kind, message, options);
}
