/** The errors that belong to no service: any door may answer with them. The table is closed. */
import type { ErrorKind } from '@enishi/contracts';
import { AppError, type AppErrorOptions } from './app-error.js';

interface PlatformFacts {
  readonly kind: ErrorKind;
  readonly meaning: string;
}

export const PLATFORM_ERRORS = {
  input_not_valid: { kind: 'invalid', meaning: 'The input does not fit its schema; `place` says where.' },
  value_not_storable: { kind: 'invalid', meaning: 'A value fits its schema and no store takes it; the same will be refused again.' },
  too_large: { kind: 'invalid', meaning: 'The input is larger than the limit of this door.' },
  token_not_valid: { kind: 'denied', meaning: 'The internal token is missing, expired or not for this service.' },
  scope_missing: { kind: 'denied', meaning: 'The internal token lacks the scope of this operation.' },
  not_found: { kind: 'missing', meaning: 'There is no such operation.' },
  rule_violated: { kind: 'conflict', meaning: 'What is asked contradicts what is stored; the same will be refused again.' },
  not_available: { kind: 'busy', meaning: 'Something that this needs is away for the moment.' },
  timed_out: { kind: 'busy', meaning: 'The answer did not come in time. Whether it was done is not known.' },
  nobody_answers: { kind: 'busy', meaning: 'No process answers this request at the moment.' },
  broken: { kind: 'broken', meaning: 'A fault of ours. The message is withheld; the trace id finds it in our logs.' },
} as const satisfies Record<string, PlatformFacts>;

export type PlatformReason = keyof typeof PLATFORM_ERRORS;

/** An error of the platform itself, as `platform.<reason>`. */
export function platformError(reason: PlatformReason, message: string, options: AppErrorOptions = {}): AppError {
  return new AppError(`platform.${reason}`, PLATFORM_ERRORS[reason].kind, message, options);
}

/** Whatever was thrown, as an AppError: an AppError as it is, all else as `platform.broken` with the thrown as its cause. */
export function asAppError(thrown: unknown): AppError {
  return thrown instanceof AppError ? thrown : platformError('broken', 'Something broke.', { cause: thrown });
}
