/** How the contracts' names become names of streams, durables and subjects. */
import { EVENTS, type EventContract, REQUESTS, type RequestContract, type ServiceName } from '@enishi/contracts';

export const DEAD_LETTER_STREAM = 'dead-letters';
export const DEAD_LETTER_SUBJECTS = 'dead-letter.>';

/** JetStream's API in the account of a service. Under `$JS.API` the server itself answers there that the account has no JetStream. */
export const STREAMS_API = 'streams.API';

/** Stream of a service's events. */
export function streamOf(owner: ServiceName): string {
  return `events-${owner}`;
}

/** Durable consumer through which `hearer` gets an event: `parser__command-dispatcher_run_ended_v1`. */
export function durableOf(hearer: ServiceName, event: EventContract): string {
  return `${hearer}__${event.subject.replaceAll('.', '_')}`;
}

export function deadLetterSubject(service: ServiceName, eventSubject: string): string {
  return `dead-letter.${service}.${eventSubject}`;
}

/** Prefix of the inboxes of a service: a shared one would let a service read another's replies. */
export function inboxPrefixOf(service: string): string {
  return `_INBOX_${service}`;
}

/** Subject that a caller may publish to and an answerer subscribes to; of an addressed request, for every address. */
export function subjectPattern(request: RequestContract): string {
  return request.addressedBy === undefined ? request.subject : `${request.subject}.*`;
}

/** Subject of an addressed request for one address. */
export function addressedSubject(request: RequestContract, address: string): string {
  if (!/^[A-Za-z0-9_-]{1,100}$/.test(address)) throw new TypeError(`an address of ${request.subject} must be one token of a subject`);
  return `${request.subject}.${address}`;
}

/** What one service answers, calls, emits and hears. */
export function roleOf(service: ServiceName): {
  answers: readonly RequestContract[];
  calls: readonly RequestContract[];
  emits: readonly EventContract[];
  hears: readonly EventContract[];
} {
  return {
    answers: REQUESTS.filter(({ owner }) => owner === service),
    calls: REQUESTS.filter(({ callers }) => callers.includes(service)),
    emits: EVENTS.filter(({ owner }) => owner === service),
    hears: EVENTS.filter(({ hearers }) => hearers.includes(service)),
  };
}
