/** The database of the tests' hearer, and its inbox on real transactions. */
import { join } from 'node:path';
import { onceOnly, type SqlClient, type TransactingClient } from '@enishi/database';
import { type FreshDatabase, freshDatabase } from '@enishi/testing';
import pg from 'pg';
import type { Inbox } from '../src/hearing.js';

export interface HearerDatabase {
  url: string;
  sql: TransactingClient;
  inbox: Inbox<SqlClient>;
  /** Who did what, in order of the commits' rows. */
  effects(eventId?: string): Promise<string[]>;
  stop(): Promise<void>;
}

export async function hearerDatabase(): Promise<HearerDatabase> {
  const database: FreshDatabase = await freshDatabase({
    services: [{ name: 'hearer', migrationsDir: join(import.meta.dirname, 'migrations') }],
  });
  const url = database.url('hearer');
  const pool = new pg.Pool({ connectionString: url, options: '-c search_path=hearer', max: 12 });
  // The database is dropped with whoever is still connected.
  pool.on('error', () => undefined);
  const on = (client: pg.Pool | pg.PoolClient): SqlClient => ({
    $executeRawUnsafe: async (query, ...values) => (await client.query(query, values)).rowCount ?? 0,
    $queryRawUnsafe: async <T>(query: string, ...values: unknown[]) => (await client.query(query, values)).rows as T,
  });
  const sql: TransactingClient = {
    ...on(pool),
    async $transaction(work) {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        const result = await work(on(client));
        await client.query('COMMIT');
        client.release();
        return result;
      } catch (error) {
        await client.query('ROLLBACK').catch(() => undefined);
        client.release();
        throw error;
      }
    },
  };
  return {
    url,
    sql,
    inbox: {
      once: (event, consumer, handle) =>
        sql.$transaction(async (tx) => {
          if (!(await onceOnly(tx, { eventId: event.id, consumer }))) return false;
          await handle(tx);
          return true;
        }),
    },
    async effects(eventId) {
      const rows = await sql.$queryRawUnsafe<{ done_by: string }[]>(
        `SELECT done_by FROM effects ${eventId === undefined ? '' : 'WHERE event_id = $1'}`,
        ...(eventId === undefined ? [] : [eventId]),
      );
      return rows.map(({ done_by }) => done_by);
    },
    async stop() {
      await pool.end();
      await database.stop();
    },
  };
}
