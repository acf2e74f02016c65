/** When to try again: full jitter, so that all terminals of a restarted relay do not come back in the same second. */

export const BACKOFF_START_MS = 500;
export const BACKOFF_CAP_MS = 60_000;
/** A session that has lived this long counts as good: the next loss starts from the beginning. */
export const GOOD_SESSION_MS = 10_000;

/** More than this a relay cannot ask for: it may be hostile, and only a revocation ends the agent. */
export const RETRY_AFTER_LIMIT_MS = 900_000;

/**
 * Milliseconds to wait before try number `failures` + 1 in a row.
 * @param failures tries that failed since the last good session, from 1
 * @param retryAfterMs what the relay asked for; the jitter comes on top, so that its guests do not return all at once
 * @param random 0 ≤ random < 1
 */
export function backoffMs(failures: number, retryAfterMs: number, random: number): number {
  const window = Math.min(BACKOFF_CAP_MS, BACKOFF_START_MS * 2 ** Math.min(failures - 1, 20));
  return Math.round(Math.min(RETRY_AFTER_LIMIT_MS, Math.max(0, retryAfterMs)) + random * window);
}
