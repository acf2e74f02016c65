/** Why the relay ends a connection by itself: a stable code, plain words, and how the WebSocket is closed. */
import type { AppError } from '@enishi/errors';

export interface Refusal {
  readonly code: string;
  readonly message: string;
  /** RFC 6455 §7.4.1 */
  readonly closeCode: 1007 | 1008 | 1011 | 1013;
  readonly retryAfterMs?: number;
}

const POLICY = 1008;

export const helloLate: Refusal = { code: 'terminal-relay.hello_late', message: 'No hello came in time.', closeCode: POLICY };
export const tooManyFrames: Refusal = {
  code: 'terminal-relay.too_many_frames',
  message: 'Too many frames in a second.',
  closeCode: POLICY,
};
export const helloRepeated: Refusal = {
  code: 'terminal-relay.hello_repeated',
  message: 'This connection is attached already.',
  closeCode: POLICY,
};
export const helloMissing: Refusal = {
  code: 'terminal-relay.hello_missing',
  message: 'The first frame must be hello or enrol.',
  closeCode: POLICY,
};

/** @param place for example `frame.proof`; never a value */
export function frameNotValid(place: string, message: string): Refusal {
  return { code: 'terminal-relay.frame_not_valid', message: `${place}: ${message}`.slice(0, 500), closeCode: 1007 };
}

/** What another service refused is told under its own code; what it could not do now may be tried again. */
export function refusalOf(error: AppError): Refusal {
  const later = error.kind === 'busy' || error.kind === 'broken';
  return {
    code: error.code,
    message: error.message,
    closeCode: later ? 1013 : POLICY,
    ...(later ? { retryAfterMs: 1_000 + Math.floor(Math.random() * 4_000) } : {}),
  };
}
