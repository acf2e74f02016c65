import type { SqlClient } from './sql-client.js';

/** One fact on its way out. `id` becomes Nats-Msg-Id, so that a second publish of the same row is dropped by the stream. */
export interface OutboxRow {
  id: string;
  subject: string;
  payload: unknown;
  /** W3C traceparent of the transaction that wrote it; the publish span hangs under it. */
  traceparent?: string | null;
}

/** Writes the row in the transaction that makes the fact true: both are there after the commit, or neither. */
export async function writeOutbox(tx: SqlClient, row: OutboxRow): Promise<void> {
  await tx.$executeRawUnsafe(
    'INSERT INTO outbox (id, subject, payload, traceparent) VALUES ($1, $2, $3::jsonb, $4)',
    row.id,
    row.subject,
    JSON.stringify(row.payload),
    row.traceparent ?? null,
  );
}
