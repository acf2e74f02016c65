import type { SqlClient } from './sql-client.js';

/** Rows of each kind in `lock_slots`; the migration that makes the table fills it with as many. A power of two. */
const SLOTS = 1024;

/**
 * Until the transaction ends, nobody else is in here under one of these names of this kind. Two names in one slot wait for
 * each other: slower, never wrong. The locks are on rows of the service's own table `lock_slots`: an advisory lock can be
 * held by any role of the database for as long as it likes, a row of another's schema by none.
 *
 * Names of one kind are locked in one order whatever order they come in. Whoever locks several kinds keeps to one order of kinds.
 */
export async function lockSlots(tx: SqlClient, kind: string, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const rows = await tx.$queryRawUnsafe<unknown[]>(
    `SELECT slot FROM lock_slots
     WHERE kind = $1 AND slot IN (SELECT (hashtextextended(name, 0) & ${SLOTS - 1})::int FROM unnest($2::text[]) AS name)
     ORDER BY slot FOR UPDATE`,
    kind,
    [...names],
  );
  // Without its row nothing would be locked, and nobody would see it.
  if (rows.length === 0) throw new Error(`lock_slots has no rows of kind ${kind}`);
}
