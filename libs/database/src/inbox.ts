import type { SqlClient } from './sql-client.js';

/**
 * True for the first transaction that asks for (eventId, consumer), false ever after.
 * A second transaction waits for the first to end, then gets false, or true if that one rolled back.
 */
export async function onceOnly(tx: SqlClient, event: { eventId: string; consumer: string }): Promise<boolean> {
  const inserted = await tx.$executeRawUnsafe(
    'INSERT INTO inbox (event_id, consumer) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    event.eventId,
    event.consumer,
  );
  return inserted === 1;
}

/** Forgets events that were heard longer ago than this, at most a thousand; returns how many. */
export async function pruneInbox(sql: SqlClient, keepMs: number): Promise<number> {
  return sql.$executeRawUnsafe(
    `DELETE FROM inbox WHERE (event_id, consumer) IN (
       SELECT event_id, consumer FROM inbox WHERE at < now() - $1 * interval '1 millisecond' LIMIT 1000 FOR UPDATE SKIP LOCKED)`,
    keepMs,
  );
}
