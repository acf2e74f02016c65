import type { AppError } from './app-error.js';
import { platformError } from './platform.js';

/** The part of a zod error that is used: zod 4's `ZodError` and `$ZodError` both fit. */
export interface SchemaComplaint {
  readonly issues: readonly {
    readonly path: readonly PropertyKey[];
    readonly message: string;
    readonly code?: string;
    /** Of `unrecognized_keys`: names that stand in the input and not in the schema. */
    readonly keys?: readonly string[];
  }[];
}

/** Complaints told in one message; the rest are counted. */
const MOST_TOLD = 10;
/** A name as our schemas write them. Another one came from the sender and may hold a value, so it is not repeated. */
const PLAIN_NAME = /^[A-Za-z0-9_-]{1,40}$/;

/**
 * `platform.input_not_valid` from what zod complains of. `where` is the start of each place: `body`, `query`, `payload`.
 * The message tells every complaint (10 at most) by place; no value of the input is in it.
 */
export function fromZod(error: SchemaComplaint, where: string): AppError {
  const complaints = error.issues.flatMap(({ path, message, code, keys }) =>
    code === 'unrecognized_keys' && keys !== undefined && keys.length > 0
      ? keys.map((key) => ({ place: placeOf(where, [...path, key]), message: 'is not known here' }))
      : [{ place: placeOf(where, path), message }],
  );
  const told = complaints.slice(0, MOST_TOLD).map(({ place, message }) => `${place}: ${message}`);
  if (complaints.length > MOST_TOLD) told.push(`and ${complaints.length - MOST_TOLD} more`);
  return platformError('input_not_valid', told.join('; ') || `${where}: is not valid`, {
    cause: error,
    place: complaints[0]?.place ?? where,
  });
}

function placeOf(where: string, path: readonly PropertyKey[]): string {
  let place = where;
  for (const step of path) {
    if (typeof step === 'number') place += `[${step}]`;
    else place += PLAIN_NAME.test(String(step)) ? `.${String(step)}` : '.?';
  }
  return place;
}
