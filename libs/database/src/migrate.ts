import type pg from 'pg';
import type { DatabaseLogin } from './login.js';
import { firstOf, readMigrations } from './migration-files.js';
import { type MigrationList, NO_FILTER, type SchemaEngine, withSchemaEngine } from './schema-engine.js';
import { EngineConnection } from './schema-engine-adapter.js';

/**
 * The table as `prisma migrate deploy` makes it. The engine would make it too, after a SELECT that fails where it is
 * missing, and in a transaction the first failure is the last.
 */
const HISTORY_TABLE = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL,
  checksum VARCHAR(64) NOT NULL,
  finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL,
  logs TEXT,
  rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_steps_count INTEGER NOT NULL DEFAULT 0
)`;

/** `url` and `password` are of the service's own role. */
export interface MigrateOptions extends DatabaseLogin {
  schema: string;
  /** `services/<name>/prisma/migrations` */
  migrationsDir: string;
  /** Called with each name when it is committed. */
  applied?: (name: string) => void;
}

/** A migration that did not go through; nothing of it is left in the database. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
  constructor(
    readonly migration: string,
    /** The database's own sentence. */
    readonly reason: string,
    options?: { cause?: unknown },
  ) {
    super(`migration ${migration} failed: ${reason}`, options);
  }
}

/**
 * Applies what is not applied yet, in order; returns the names of those that this call applied.
 *
 * Each migration runs in ONE transaction together with its row in `_prisma_migrations`, under a lock on that table, which
 * ends with the transaction and which no other role can hold. So: two at once wait for each other and apply each migration
 * once; a process killed at any line leaves a migration wholly applied or not at all, and the next call goes on; a failed
 * one leaves no trace, and can be mended and run again. The engine commits nothing by itself: it is given one migration more at a time.
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const list = readMigrations(options.migrationsDir);
  const applied: string[] = [];
  const count = list.migrationDirectories.length;
  // Usually all are applied, and one look is enough. What it finds lacking is looked at again under the lock.
  let next = await inOneTransaction(options, list, (engine) => firstLacking(engine, list, list));
  while (next < count) {
    const names = await inOneTransaction(options, firstOf(list, next + 1), async (engine, migrationsList) => {
      await firstLacking(engine, migrationsList, list);
      return (await engine.applyMigrations({ migrationsList, filters: NO_FILTER })).appliedMigrationNames;
    });
    for (const name of names) {
      applied.push(name);
      options.applied?.(name);
    }
    next++;
  }
  return applied;
}

/** `work` under the lock and in a transaction that commits when it returns; the last of `migrationsList` is what a failure is about. */
async function inOneTransaction<T>(
  options: MigrateOptions,
  migrationsList: MigrationList,
  work: (engine: SchemaEngine, migrationsList: MigrationList) => Promise<T>,
): Promise<T> {
  let reason: unknown;
  let client: pg.Client | undefined;
  const connection = new EngineConnection({
    login: options,
    schema: options.schema,
    opened: async (opened) => {
      client = opened;
      await makeHistoryTable(opened);
      await opened.query('BEGIN');
      // Against itself only: others may read meanwhile.
      await opened.query('LOCK TABLE _prisma_migrations IN SHARE ROW EXCLUSIVE MODE');
    },
    refused: (error) => {
      reason = error;
    },
  });
  try {
    const result = await withSchemaEngine(connection, [], (engine) => work(engine, migrationsList));
    // Killed before this line: nothing has happened. After it: the migration is applied, and its row says so.
    await client?.query('COMMIT');
    return result;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof MigrationError ? error.cause : error;
    if (cause instanceof MigrationError) throw cause;
    if (client === undefined)
      throw new Error(`the database cannot be entered as the owner of schema ${options.schema}: ${sentenceOf(reason ?? error)}`, {
        cause: error,
      });
    throw new MigrationError(migrationsList.migrationDirectories.at(-1)?.path ?? '', sentenceOf(reason ?? error), { cause: error });
  } finally {
    // Ends the connection, and with it whatever of the transaction is not committed.
    await connection.close();
  }
}

/** Before the transaction, for it is what the transaction locks. Of two that make it at once, one is told that it is there. */
async function makeHistoryTable(client: pg.Client): Promise<void> {
  try {
    await client.query(HISTORY_TABLE);
  } catch (error) {
    // IF NOT EXISTS looks, and then makes; in between, the other had it made, or its type (42710), or its row in the catalog (23505).
    if (!['42P07', '42710', '23505'].includes((error as { code?: string }).code ?? '')) throw error;
  }
}

/** Index in `list` of the first migration that is not applied; refuses a history that does not fit the files. */
async function firstLacking(engine: SchemaEngine, list: MigrationList, all: MigrationList): Promise<number> {
  const state = await engine.diagnoseMigrationHistory({ migrationsList: list, optInToShadowDatabase: false, filters: NO_FILTER });
  const edited = state.editedMigrationNames[0];
  if (edited !== undefined) {
    throw new MigrationError(edited, 'its file is not the one that was applied here; write another migration instead of changing it');
  }
  const foreign = unknownToUs(state.history, all.migrationDirectories);
  if (foreign !== undefined) throw new MigrationError(foreign, 'it is applied here and is not among the files: is this an older release?');
  const lacking = (state.history as { unappliedMigrationNames?: string[] } | null)?.unappliedMigrationNames ?? [];
  const index = list.migrationDirectories.findIndex(({ path }) => lacking.includes(path));
  return index === -1 ? list.migrationDirectories.length : index;
}

/** A migration that the database has and no file has. Those that are merely further on than `count` are known. */
function unknownToUs(history: Record<string, unknown> | null, all: { path: string }[]): string | undefined {
  const names = (history?.unpersistedMigrationNames as string[] | undefined) ?? [];
  return names.find((name) => !all.some((each) => each.path === name));
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { detail, hint } = error as Error & { detail?: string; hint?: string };
  return [error.message, detail, hint].filter((part) => part !== undefined && part !== '').join('; ');
}
