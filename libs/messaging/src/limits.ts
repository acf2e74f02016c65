/** Limits of the bus, all of them; those of one message (timeout, deliveries) stand in its contract. */

/** Largest message that the server takes, bytes: a sealed 2 MiB page in JSON, with room. */
export const MAX_PAYLOAD_BYTES = 8_388_608;
/** Requests that one process answers at a time; one more is refused as busy, so that a queue cannot grow without end. */
export const MAX_ANSWERS_AT_ONCE = 256;
/** Events of one kind that one process handles at a time. */
export const MAX_EVENTS_AT_ONCE = 8;
/** Deliveries of one durable that may be open over all replicas; the rest wait in the stream. */
export const MAX_ACK_PENDING = 64;
/** Time that a closing process gives to handlers under way, in all; SIGTERM allows 10 s for everything. */
export const DRAIN_LIMIT_MS = 7_000;
/** A server that is silent for two of these is gone, and the next one is tried. */
export const PING_INTERVAL_MS = 10_000;
/** Between two tries to reconnect, without limit of tries. */
export const RECONNECT_WAIT_MS = 250;
/** Wait of a JetStream publish for its acknowledgement. */
export const PUBLISH_TIMEOUT_MS = 5_000;
/** Connections of one service to one server: its 50 replicas at most, twice during a rollout. The server takes 1,000. */
export const SERVICE_MAX_CONNECTIONS = 100;
/** Between two looks at whether streams and durables are there. */
export const STREAMS_CHECK_MS = 5_000;
/** Wait for JetStream's answer to such a look; below the time that a readiness probe has. */
export const STREAMS_ANSWER_MS = 1_500;
/** A message published again within this time under the same id is dropped by the stream. */
export const DUPLICATE_WINDOW_MS = 600_000;
/** Age at which an event leaves its stream: a hearer may be away for this long. */
export const EVENT_MAX_AGE_MS = 7 * 86_400_000;
/** Age at which a dead letter goes. */
export const DEAD_LETTER_MAX_AGE_MS = 30 * 86_400_000;
export const EVENT_STREAM_MAX_BYTES = 536_870_912;
export const DEAD_LETTER_STREAM_MAX_BYTES = 268_435_456;

const RETRY_DELAYS_MS = [1_000, 5_000, 15_000, 30_000, 60_000, 120_000, 300_000] as const;
const BUSY_DELAYS_MS = [250, 500, 1_000, 2_000, 5_000, 10_000, 30_000] as const;

/** Wait before a message that broke its handler is delivered again; `deliveries` counts the one that broke. */
export function retryDelayMs(deliveries: number): number {
  return RETRY_DELAYS_MS[Math.min(Math.max(deliveries, 1), RETRY_DELAYS_MS.length) - 1] as number;
}

/** Wait before a busy handler is tried again; `tries` counts those made. */
export function busyDelayMs(tries: number): number {
  return BUSY_DELAYS_MS[Math.min(Math.max(tries, 1), BUSY_DELAYS_MS.length) - 1] as number;
}
