import type { ErrorKind } from '@enishi/contracts';

export interface AppErrorOptions {
  /** What led here. Stays in this process: logged with `broken` errors, never sent. May hold identifiers. */
  cause?: unknown;
  /** Where in the input: `body.label`, `query.limit`, `LINE 12`. Names only, never a value. */
  place?: string;
}

/**
 * An error with a stable public code. `message` is public: plain words, no identifiers, no values.
 * Anything thrown that is not an AppError counts as `platform.broken`.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  /** `<owner>.<reason>`; never changes meaning. */
  readonly code: string;
  readonly kind: ErrorKind;
  readonly place: string | undefined;

  constructor(code: string, kind: ErrorKind, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.kind = kind;
    this.place = options.place;
  }
}
