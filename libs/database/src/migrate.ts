export interface MigrateOptions {
  /** Of the service's own role. */
  url: string;
  schema: string;
  /** `services/<name>/prisma/migrations` */
  migrationsDir: string;
}
/** Applies what is not applied yet; returns the names, in order. Each migration is one transaction with its row in `_prisma_migrations`. */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  throw new Error(`not built yet ${options.schema}`);
}

export interface DriftOptions {
  schemaFile: string;
  migrationsDir: string;
  /** A role that may create databases: the comparison is made in one of its own. */
  adminUrl: string;
}
/** The SQL that the migrations lack to say what schema.prisma says; null when they say the same. */
export async function checkDrift(options: DriftOptions): Promise<string | null> {
  throw new Error(`not built yet ${options.schemaFile}`);
}

/** Writes `<migrationsDir>/<timestamp>_<name>/migration.sql` and returns its path; null when there is nothing to write. */
export async function diffToMigration(options: DriftOptions & { name: string }): Promise<string | null> {
  throw new Error(`not built yet ${options.name}`);
}
