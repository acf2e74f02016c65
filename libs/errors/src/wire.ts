/** An error as it travels between processes: in NATS replies, and as members of problem+json. */
import { z } from 'zod';
import { AppError } from './app-error.js';
import { asAppError, platformError } from './platform.js';

/** Characters of a public message on the wire; a longer one is cut. */
export const MAX_MESSAGE_CHARS = 2_000;
const MAX_PLACE_CHARS = 300;
const WITHHELD = 'Something broke on our side.';

export const WireError = z.object({
  code: z
    .string()
    .max(120)
    .regex(/^[a-z][a-z0-9-]*\.[a-z][a-z0-9_]*$/),
  kind: z.enum(['invalid', 'denied', 'missing', 'conflict', 'busy', 'broken']),
  message: z.string().max(MAX_MESSAGE_CHARS),
  place: z.string().max(MAX_PLACE_CHARS).optional(),
});
export type WireError = z.infer<typeof WireError>;

/** Whatever was thrown, ready to be sent. Of a `broken` one only the code goes out; a cause or stack never does. */
export function toWire(thrown: unknown): WireError {
  const { code, kind, message, place } = asAppError(thrown);
  if (kind === 'broken') return { code, kind, message: WITHHELD };
  return {
    code,
    kind,
    message: cut(message, MAX_MESSAGE_CHARS),
    ...(place === undefined ? {} : { place: cut(place, MAX_PLACE_CHARS) }),
  };
}

/** The error that `toWire` sent. What is not one becomes `platform.broken`, so that a caller always has a code. */
export function fromWire(json: unknown): AppError {
  const parsed = WireError.safeParse(json);
  if (!parsed.success) return platformError('broken', 'The other side sent an error that cannot be read.', { cause: parsed.error });
  const { code, kind, message, place } = parsed.data;
  return new AppError(code, kind, kind === 'broken' ? WITHHELD : message, place === undefined || kind === 'broken' ? {} : { place });
}

function cut(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars - 1)}…`;
}
