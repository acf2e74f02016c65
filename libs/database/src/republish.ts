import type { SqlClient } from './sql-client.js';

/** Published rows are kept for this long, so that a bus that lost its streams can be told again. */
export const KEEP_PUBLISHED_MS = 24 * 3_600_000;

/**
 * Has the outbox tell again what it told since then (default: all that is kept, 24 h); returns how many events.
 * For the day on which nats-server lost its disk: after provisioning, in each service. A hearer's inbox knows what it
 * has heard (40 days), so that an event takes effect once however often it is told. One statement: killed, it has
 * happened or not, and may be run again. Services may be running: their publishers find the rows at the next look.
 */
export function republish(sql: SqlClient, { since = new Date(Date.now() - KEEP_PUBLISHED_MS) }: { since?: Date } = {}): Promise<number> {
  return sql.$executeRawUnsafe('UPDATE outbox SET published_at = NULL WHERE published_at >= $1::text::timestamptz', since.toISOString());
}
