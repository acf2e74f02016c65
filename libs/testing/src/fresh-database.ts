import type { ServiceName } from '@enishi/contracts';

export interface FreshDatabase {
  /** Of the service's own role. */
  url(service: string): string;
  /** Of the superuser, in this database. */
  adminUrl: string;
  /** Drops it. */
  stop(): Promise<void>;
}
export type DatabaseService = ServiceName | { name: string; migrationsDir: string };

/** A database of its own on the run's Postgres, bootstrapped and migrated. */
export async function freshDatabase(options: { services: DatabaseService[] }): Promise<FreshDatabase> {
  throw new Error(`not built yet: ${options.services.length}`);
}
