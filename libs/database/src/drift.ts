import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Secret } from '@enishi/config';
import { readMigrations } from './migration-files.js';
import { NO_FILTER, withSchemaEngine } from './schema-engine.js';
import { EngineConnection } from './schema-engine-adapter.js';

export interface DriftOptions {
  /** `services/<name>/prisma/schema.prisma` */
  schemaFile: string;
  migrationsDir: string;
  /** Of a role that may create databases: the migrations are replayed in one of their own, which is dropped again. */
  adminUrl: string;
  /** That role's, when it does not stand in `adminUrl`. */
  adminPassword?: Secret | undefined;
  /** The service's schema, `schemaOf(name)`. */
  schema: string;
}

/** The SQL that the migrations lack to say what schema.prisma says; null when they say the same. */
export async function checkDrift(options: DriftOptions): Promise<string | null> {
  const content = readFileSync(options.schemaFile, 'utf8');
  const list = readMigrations(options.migrationsDir);
  let reason: unknown;
  const connection = new EngineConnection({
    login: { url: options.adminUrl, password: options.adminPassword },
    schema: options.schema,
    refused: (error) => {
      reason = error;
    },
  });
  try {
    const { exitCode, stdout } = await withSchemaEngine(connection, [[options.schemaFile, content]], (engine) =>
      engine.diff({
        from: { tag: 'migrations', ...list },
        to: { tag: 'schemaDatamodel', files: [{ path: options.schemaFile, content }] },
        script: true,
        exitCode: true,
        filters: NO_FILTER,
      }),
    );
    return exitCode === 2 ? (stdout ?? '') : null;
  } catch (error) {
    if (reason instanceof Error) throw new Error(`${options.migrationsDir} cannot be replayed: ${reason.message}`, { cause: error });
    throw error;
  } finally {
    await connection.close();
  }
}

/** Writes `<migrationsDir>/<timestamp>_<name>/migration.sql` and returns its path; null when there is nothing to write. */
export async function diffToMigration(options: DriftOptions & { name: string; now?: Date }): Promise<string | null> {
  if (!/^[a-z][a-z0-9_]*$/.test(options.name)) throw new Error(`a migration's name is lower_case_words, not "${options.name}"`);
  const script = await checkDrift(options);
  if (script === null) return null;
  const last = readMigrations(options.migrationsDir).migrationDirectories.at(-1)?.path.slice(0, 14) ?? '';
  const timestamp = (options.now ?? new Date()).toISOString().replaceAll(/\D/g, '').slice(0, 14);
  // Two within a second, or a clock that went back: the order of the files must be the order of writing.
  const stamp = timestamp > last ? timestamp : String(BigInt(last) + 1n);
  const file = join(options.migrationsDir, `${stamp}_${options.name}`, 'migration.sql');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, script.endsWith('\n') ? script : `${script}\n`);
  return file;
}
