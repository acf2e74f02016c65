import type { SqlClient, TransactingClient } from './sql-client.js';

/** One fact on its way out. `id` becomes Nats-Msg-Id, so that a second publish of the same row is dropped by the stream. */
export interface OutboxRow {
  id: string;
  subject: string;
  payload: unknown;
  /** W3C traceparent of the transaction that wrote it; the publish span hangs under it. */
  traceparent?: string | null;
}

/** Writes the row in the transaction that makes the fact true. */
export async function writeOutbox(tx: SqlClient, row: OutboxRow): Promise<void> {
  await tx.$executeRawUnsafe(
    'INSERT INTO outbox (id, subject, payload, traceparent) VALUES ($1, $2, $3::jsonb, $4)',
    row.id,
    row.subject,
    JSON.stringify(row.payload),
    row.traceparent ?? null,
  );
}

export interface OutboxPublisherOptions {
  sql: TransactingClient;
  /** Resolves when the stream has taken the row; a rejection leaves the row for later. */
  publish(row: OutboxRow): Promise<void>;
  /** How long a row that nobody poked for may wait. Default 1000. */
  pollMs?: number;
  /** Rows claimed at a time. Default 50. */
  batch?: number;
  /** Published rows are kept for this long, then deleted. Default 24 h. */
  keepPublishedMs?: number;
  onError?(error: unknown): void;
}

/** Publishes what is in the outbox: at least once, in about the order of commit. */
export class OutboxPublisher {
  constructor(private readonly options: OutboxPublisherOptions) {}
  start(): void {
    throw new Error(`not built yet ${this.options.pollMs ?? ''}`);
  }
  /** The transaction is committed: look now. */
  poke(): void {}
  /** Finishes the batch under way; resolves when nothing more will be published by this process. */
  async stop(): Promise<void> {}
}
