import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { ServiceName } from '@enishi/contracts';
import { bootstrap, migrate, serviceUrl } from '@enishi/database';
import pg from 'pg';
import { testRun } from './run.js';

const ROOT = join(import.meta.dirname, '..', '..', '..');

export interface FreshDatabase {
  /** Of the service's own role. */
  url: (service: string) => string;
  /** Of the superuser, in this database. */
  adminUrl: string;
  /** Drops it, with whoever is still connected. */
  stop: () => Promise<void>;
}
export type DatabaseService = ServiceName | { name: string; migrationsDir: string };

/**
 * In production every role may take and keep every advisory lock. Nothing may depend on one: here no role has any, so
 * that whatever asks for one fails its test.
 */
const NO_ADVISORY_LOCKS = `DO $$ DECLARE f regprocedure; BEGIN
  FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '^pg_(try_)?advisory_'
  LOOP EXECUTE 'REVOKE EXECUTE ON FUNCTION ' || f || ' FROM PUBLIC'; END LOOP;
END $$`;

/** A database of its own on the run's Postgres, bootstrapped and migrated: roles and schemas have their real names. */
export async function freshDatabase(options: { services: DatabaseService[] }): Promise<FreshDatabase> {
  const run = testRun();
  const name = `it_${randomBytes(6).toString('hex')}`;
  await asAdmin(run.adminUrl, `CREATE DATABASE ${name} TEMPLATE template0`);
  const adminUrl = withDatabase(run.adminUrl, name);
  await asAdmin(adminUrl, NO_ADVISORY_LOCKS);
  const services = options.services.map((service) =>
    typeof service === 'string'
      ? { name: service, password: run.rolePassword, migrationsDir: join(ROOT, 'services', service, 'prisma', 'migrations') }
      : { ...service, password: run.rolePassword },
  );
  await bootstrap({ adminUrl, services });
  const url = (service: string) => serviceUrl(adminUrl, { name: service, password: run.rolePassword });
  for (const service of services) {
    await migrate({ url: url(service.name), schema: service.name.replaceAll('-', '_'), migrationsDir: service.migrationsDir });
  }
  return { url, adminUrl, stop: () => asAdmin(run.adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

function withDatabase(adminUrl: string, database: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  return url.href;
}

async function asAdmin(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
