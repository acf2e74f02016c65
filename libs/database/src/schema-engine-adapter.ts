/** The connections that the schema engine works through. They differ from adapter-pg's own in five ways, each told where it is done. */
import { randomUUID } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
  type SqlQuery,
  type SqlResultSet,
} from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { type DatabaseLogin, driverConfig } from './login.js';

/** OID of the internal one-byte type "char", of which the catalogs are full. */
const PG_CHAR = 18;
const PG_TEXT = 25;
/**
 * The engine locks by this number before it applies anything, and any role of the database may hold it for ever. We hold
 * a lock that is out of reach of others (migrate.ts), so this one is not asked for.
 */
const ENGINE_LOCK = 'SELECT pg_advisory_lock(72707369)';

export interface EngineConnectionOptions {
  login: DatabaseLogin;
  schema: string;
  /** Called with the one connection before the engine has it, e.g. to open a transaction. */
  opened?(client: pg.Client): Promise<void>;
  /** Sees the database's own error of a script or a connection; the engine would replace it by "external error". */
  refused?(error: unknown): void;
}

/** One connection for everything the engine does, so that a transaction opened on it holds all of that. */
export class EngineConnection implements SqlMigrationAwareDriverAdapterFactory {
  readonly provider = 'postgres';
  readonly adapterName = '@enishi/database';
  private client: pg.Client | undefined;

  constructor(private readonly options: EngineConnectionOptions) {}

  async connect(): Promise<SqlDriverAdapter> {
    // The engine may ask more than once; it is always the same connection, and ours to end, in close().
    if (!this.client) {
      try {
        this.client = await openClient(this.options.login, this.options.schema);
        await this.options.opened?.(this.client);
      } catch (error) {
        this.options.refused?.(error);
        throw error;
      }
    }
    return this.adapt(this.client, async () => {});
  }

  /** A database of its own in which migrations are replayed; adapter-pg's would lack the schema. */
  async connectToShadowDb(): Promise<SqlDriverAdapter> {
    const { login } = this.options;
    const admin = new pg.Client(driverConfig(login));
    await admin.connect();
    const database = `enishi_shadow_${randomUUID().replaceAll('-', '')}`;
    await admin.query(`CREATE DATABASE ${database} TEMPLATE template0`);
    const url = new URL(login.url);
    url.pathname = `/${database}`;
    const client = await openClient({ ...login, url: url.href }, this.options.schema);
    await client.query(`CREATE SCHEMA IF NOT EXISTS "${this.options.schema}"`);
    return this.adapt(client, async () => {
      await client.end();
      await admin.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
      await admin.end();
    });
  }

  async close(): Promise<void> {
    await this.client?.end().catch(() => {});
    this.client = undefined;
  }

  private async adapt(client: pg.Client, dispose: () => Promise<void>): Promise<SqlDriverAdapter> {
    const adapter = await new PrismaPg(poolOfOne(client), { schema: this.options.schema }).connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    return Object.assign(adapter, {
      // adapter-pg refuses "char", and the engine reads the catalogs with it.
      queryRaw: async (query: SqlQuery): Promise<SqlResultSet> => {
        const result = await queryRaw(query);
        for (const column of charColumns.get(result.rows) ?? []) result.columnTypes[column] = ColumnTypeEnum.Character;
        return result;
      },
      // adapter-pg cuts a script at every semicolon, within strings and function bodies too; the server knows better.
      executeScript: async (script: string): Promise<void> => {
        try {
          await client.query(script);
        } catch (error) {
          this.options.refused?.(error);
          throw error;
        }
      },
      dispose,
    });
  }
}

/** Which columns of these rows were "char": the rows array is the one thing that adapter-pg hands on untouched. */
const charColumns = new WeakMap<object, number[]>();

async function openClient(login: DatabaseLogin, schema: string): Promise<pg.Client> {
  const client = new pg.Client({
    ...driverConfig(login),
    connectionTimeoutMillis: 10_000,
    // A migration may take longer than a service's statement; what waits for a lock must not.
    options: `-c search_path=${schema} -c TimeZone=UTC -c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c lock_timeout=30s`,
  });
  // A connection that breaks while idle: the next query says so. Unheard, the event would end the process.
  client.on('error', () => {});
  await client.connect();
  return client;
}

/**
 * adapter-pg takes a pool and nothing else. This one never opens a connection: a real pool would replace a broken one
 * silently, and what follows would run outside the transaction.
 */
function poolOfOne(client: pg.Client): ConstructorParameters<typeof PrismaPg>[0] {
  const query = async ({ text, ...config }: pg.QueryArrayConfig, values?: unknown[]) => {
    const result = await client.query({ ...config, text: text === ENGINE_LOCK ? 'SELECT 1' : text }, values);
    const columns: number[] = [];
    for (const [index, field] of (result.fields ?? []).entries()) {
      if (field.dataTypeID !== PG_CHAR) continue;
      field.dataTypeID = PG_TEXT;
      columns.push(index);
    }
    if (columns.length > 0) charColumns.set(result.rows, columns);
    return result;
  };
  const pool = Object.assign(new pg.Pool({ max: 1 }), { query, connect: async () => Object.assign(client, { release() {} }) });
  return pool as unknown as ConstructorParameters<typeof PrismaPg>[0];
}
