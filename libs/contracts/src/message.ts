/** What a message contract is: one object with name, schemas, errors and delivery policy (STYLE.md, 2). */
import type { z } from 'zod';
import type { ServiceName } from './names.js';

/**
 * What kind of failure an error is; decides the HTTP status and whether anyone tries again.
 * invalid 400 · denied 401/403 · missing 404 · conflict 409 · busy 503 (retry) · broken 500 (message withheld).
 */
export type ErrorKind = 'invalid' | 'denied' | 'missing' | 'conflict' | 'busy' | 'broken';
/** Reason → kind. The stable code is `<owner>.<reason>`. */
export type DeclaredErrors = Readonly<Record<string, ErrorKind>>;

type Verb = `${ServiceName}.${string}.${string}.v${number}`;

export interface RequestContract<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly kind: 'request';
  /** `<owner>.<noun>.<verb>.v<N>` */
  readonly subject: Verb;
  readonly owner: ServiceName;
  readonly summary: string;
  readonly input: I;
  readonly output: O;
  readonly errors: DeclaredErrors;
  readonly callers: readonly ServiceName[];
  readonly timeoutMs: number;
  /**
   * For a request that only one replica can answer: the field of the input whose value is appended to the
   * subject. The replica subscribes to that one subject, so NATS itself finds it, and "no responders" means
   * that nobody holds it.
   */
  readonly addressedBy?: string;
}

export interface EventContract<P extends z.ZodType = z.ZodType> {
  readonly kind: 'event';
  /** `<owner>.<noun>.<verbed>.v<N>`, past tense */
  readonly subject: Verb;
  readonly owner: ServiceName;
  readonly summary: string;
  readonly payload: P;
  readonly hearers: readonly ServiceName[];
  /** Deliveries before the message is parked as a dead letter. */
  readonly maxDeliver: number;
  /** Time that a hearer has before NATS delivers again. */
  readonly ackWaitMs: number;
}

export type MessageContract = RequestContract | EventContract;
export type In<C> = C extends RequestContract<infer I, z.ZodType> ? z.infer<I> : never;
export type Out<C> = C extends RequestContract<z.ZodType, infer O> ? z.infer<O> : never;
export type Payload<C> = C extends EventContract<infer P> ? z.infer<P> : never;

function ownerOf(subject: Verb): ServiceName {
  return subject.slice(0, subject.indexOf('.')) as ServiceName;
}

/** Declares a request: `subject` is imperative, its owner answers. */
export function request<I extends z.ZodType, O extends z.ZodType, E extends DeclaredErrors>(
  subject: Verb,
  rest: Omit<RequestContract<I, O>, 'kind' | 'subject' | 'owner' | 'errors'> & { errors: E },
): RequestContract<I, O> & { readonly errors: E } {
  return { kind: 'request', subject, owner: ownerOf(subject), ...rest };
}

/** Declares a fact: `subject` is in the past tense, its owner emits it. */
export function event<P extends z.ZodType>(
  subject: Verb,
  rest: Omit<EventContract<P>, 'kind' | 'subject' | 'owner' | 'maxDeliver' | 'ackWaitMs'> &
    Partial<Pick<EventContract<P>, 'maxDeliver' | 'ackWaitMs'>>,
): EventContract<P> {
  return { kind: 'event', subject, owner: ownerOf(subject), maxDeliver: 8, ackWaitMs: 30_000, ...rest };
}

/** Payloads of one contract: those that must parse for as long as its version lives, and those that must not. */
export interface Samples {
  readonly contract: MessageContract;
  /** Every payload ever released under this version, oldest first. */
  readonly released: readonly unknown[];
  /** Replies ever released (requests only). */
  readonly replies?: readonly unknown[];
  readonly refused: readonly unknown[];
  readonly refusedReplies?: readonly unknown[];
}
