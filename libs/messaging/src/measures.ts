/** What the bus counts. Labels are subjects and codes, both from closed sets. */
import { counter, gauge, histogram } from '@enishi/telemetry';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** side: `client` or `server`; outcome: `ok` or the error's code. */
export const requestSeconds = histogram({
  name: 'enishi_request_seconds',
  help: 'Duration of requests on the bus',
  labels: ['subject', 'side', 'outcome'],
  buckets: SECONDS,
});
/** outcome: done, duplicate, not_for_us, returned, retried, parked. */
export const eventSeconds = histogram({
  name: 'enishi_event_seconds',
  help: 'Duration of the handling of events, one observation a delivery',
  labels: ['subject', 'outcome'],
  buckets: SECONDS,
});
export const eventPending = gauge({
  name: 'enishi_event_pending_messages',
  help: 'Events that wait for this service in the stream, as the server counted last',
  labels: ['subject'],
});
export const eventResourceMissing = gauge({
  name: 'enishi_event_resource_missing',
  help: '1 while the stream or the durable is not there, as JetStream said last; else 0',
  labels: ['resource'],
});
export const eventBusy = gauge({
  name: 'enishi_event_busy_seconds',
  help: 'How long the event that waits longest in this process has been answered as busy; 0 when none waits',
  labels: ['subject'],
});
export const eventRedeliveries = counter({
  name: 'enishi_event_redeliveries',
  help: 'Deliveries of events that were not the first',
  labels: ['subject'],
});
export const eventsPublished = counter({ name: 'enishi_events_published', help: 'Events taken by their stream', labels: ['subject'] });
export const deadLettersParked = counter({
  name: 'enishi_dead_letters',
  help: 'Events parked as dead letters',
  labels: ['subject', 'code'],
});
