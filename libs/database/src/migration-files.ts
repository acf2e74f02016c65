import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MigrationList } from './schema-engine.js';

/** `<timestamp>_<name>`: the timestamp decides the order. */
const NAME = /^\d{14}_[a-z0-9_]+$/;

/** A service's migrations in their order; an unreadable or oddly named one is refused, never passed over. */
export function readMigrations(migrationsDir: string): MigrationList {
  const names = existsSync(migrationsDir)
    ? readdirSync(migrationsDir, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
        .sort()
    : [];
  const odd = names.find((name) => !NAME.test(name));
  if (odd !== undefined) throw new Error(`${join(migrationsDir, odd)}: a migration is named <YYYYMMDDhhmmss>_<what_it_does>`);
  return {
    baseDir: migrationsDir,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: names.map((name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok', value: readFileSync(join(migrationsDir, name, 'migration.sql'), 'utf8') },
      },
    })),
  };
}

/** The same history, up to and including `count` migrations. */
export function firstOf(list: MigrationList, count: number): MigrationList {
  return { ...list, migrationDirectories: list.migrationDirectories.slice(0, count) };
}
