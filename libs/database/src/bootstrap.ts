import type { Secret } from '@enishi/config';
import pg from 'pg';
import { driverConfig } from './login.js';
import { scramVerifier } from './scram-verifier.js';

export interface BootstrapOptions {
  /** A superuser, or the owner of the database with CREATEROLE. The database in it is the one that is prepared. */
  adminUrl: string;
  /** The administrator's, when it does not stand in `adminUrl`. */
  adminPassword?: Secret | undefined;
  /** `name` is the service's name; role and schema are the same with `_` for `-`. */
  services: { name: string; password: string }[];
  /** A statement of a service that takes longer is ended. Default 15 000. */
  statementTimeoutMs?: number;
  /** A transaction that a service leaves idle for longer is rolled back, so that a hung process holds no locks. Default 30 000. */
  idleInTransactionTimeoutMs?: number;
}

const ATTEMPTS = 8;
/** Each pod of a service takes up to 10, and a rollout has the old ones and the new. */
const CONNECTIONS_OF_A_ROLE = 500;

/**
 * Roles and schemas; running it again changes nothing but passwords and limits.
 * A service's role may connect to this database, owns the schema of its name, and may touch nothing else: it is no
 * superuser, makes no databases or roles, and `public` and temporary tables are closed to it.
 */
export async function bootstrap(options: BootstrapOptions): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const login = driverConfig({ url: options.adminUrl, password: options.adminPassword });
    const client = new pg.Client({ ...login, connectionTimeoutMillis: 10_000 });
    await client.connect();
    try {
      await prepare(client, options);
      return;
    } catch (error) {
      // Roles belong to the whole server: another database's bootstrap may be changing the same row, and no lock spans databases.
      const code = (error as { code?: string }).code ?? '';
      const anotherWasFaster = ['23505', '42710', 'XX000', '40P01'].includes(code);
      if (!anotherWasFaster || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20 * attempt));
    } finally {
      await client.end();
    }
  }
}

async function prepare(client: pg.Client, options: BootstrapOptions): Promise<void> {
  const { rows } = await client.query<{ database: string; superuser: boolean }>(
    'SELECT current_database() AS database, rolsuper AS superuser FROM pg_roles WHERE rolname = current_user',
  );
  const database = client.escapeIdentifier(rows[0]?.database ?? '');
  await client.query('BEGIN');
  await client.query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
  await client.query('REVOKE ALL ON SCHEMA public FROM PUBLIC');
  for (const service of options.services) {
    const role = await putRole(client, service);
    // The owner of a schema must be a role that the maker may act for; only a superuser may act for all.
    if (!rows[0]?.superuser) await client.query(`GRANT ${role} TO CURRENT_USER WITH SET TRUE, INHERIT FALSE`);
    await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${role}`);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${role} AUTHORIZATION ${role}`);
    for (const [setting, value] of [
      ['search_path', role],
      ['timezone', `'UTC'`],
      ['statement_timeout', String(options.statementTimeoutMs ?? 15_000)],
      ['idle_in_transaction_session_timeout', String(options.idleInTransactionTimeoutMs ?? 30_000)],
      ['lock_timeout', '10000'],
    ] as const) {
      await client.query(`ALTER ROLE ${role} IN DATABASE ${database} SET ${setting} = ${value}`);
    }
  }
  await client.query('COMMIT');
}

/** The role, its name quoted. What it was given beyond its due is not taken away silently: that is for a person to look at. */
async function putRole(client: pg.Client, service: { name: string; password: string }): Promise<string> {
  const plain = service.name.replaceAll('-', '_');
  if (!/^[a-z][a-z0-9_]{0,60}$/.test(plain)) throw new Error(`"${service.name}" cannot be the name of a role`);
  const role = client.escapeIdentifier(plain);
  const known = await client.query<{ powers: boolean }>(
    'SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls AS powers FROM pg_roles WHERE rolname = $1',
    [plain],
  );
  if (known.rows[0]?.powers)
    throw new Error(`the role ${plain} exists and has more rights than a service may have; look why, and take them away`);
  const made =
    known.rowCount === 0 ? `CREATE ROLE ${role} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS` : `ALTER ROLE ${role}`;
  const verifier = client.escapeLiteral(scramVerifier(service.password));
  await client.query(`${made} LOGIN CONNECTION LIMIT ${CONNECTIONS_OF_A_ROLE} PASSWORD ${verifier}`);
  return role;
}

/** The URL of a service's role in the database of `adminUrl`. */
export function serviceUrl(adminUrl: string, service: { name: string; password: string }): string {
  const url = new URL(adminUrl);
  url.username = service.name.replaceAll('-', '_');
  url.password = encodeURIComponent(service.password);
  return url.href;
}
