/** The one program for a database's shape: used on a developer's machine, by the launcher, and by the Helm hook. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SERVICES, type ServiceName, schemaOf } from '@enishi/contracts';
import pg from 'pg';
import { bootstrap } from './bootstrap.js';
import { fromRoot, urlFromEnvironment } from './cli-config.js';
import { checkDrift, diffToMigration } from './drift.js';
import { migrate } from './migrate.js';
import { republish } from './republish.js';
import type { SqlClient } from './sql-client.js';

const USAGE = `usage: cli.js <command>
  bootstrap --passwords FILE               roles and schemas; FILE is {"<service>": "<password>"}       DATABASE_ADMIN_URL
  migrate   --service NAME                 apply what is not applied yet                                  DATABASE_URL
  republish --service NAME                 tell again the events of the last 24 h (streams were lost)     DATABASE_URL
  diff      --service NAME --name what_it_does   write the migration that schema.prisma lacks            DATABASE_ADMIN_URL
  drift     [--service NAME]               exit 1 when schema.prisma and the migrations differ           DATABASE_ADMIN_URL
  --prisma DIR instead of services/<name>/prisma
`;

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { service: { type: 'string' }, name: { type: 'string' }, passwords: { type: 'string' }, prisma: { type: 'string' } },
  });
  switch (positionals[0] ?? '') {
    case 'bootstrap':
      await bootstrap({ adminUrl: urlFromEnvironment('DATABASE_ADMIN_URL'), services: passwordsIn(values.passwords) });
      return 0;
    case 'migrate': {
      const place = placeOf(values.service, values.prisma);
      const names = await migrate({
        url: urlFromEnvironment('DATABASE_URL'),
        ...place,
        applied: (name) => say(`${place.schema}: applied ${name}`),
      });
      if (names.length === 0) say(`${place.schema}: nothing to apply`);
      return 0;
    }
    case 'republish': {
      const { schema } = placeOf(values.service, values.prisma);
      const count = await withClient(urlFromEnvironment('DATABASE_URL'), schema, (sql) => republish(sql));
      say(`${schema}: ${count} events will be published again`);
      return 0;
    }
    case 'diff': {
      if (!values.name) throw new Error('--name says what the migration does, e.g. --name add_statement');
      const place = placeOf(values.service, values.prisma);
      const file = await diffToMigration({ adminUrl: urlFromEnvironment('DATABASE_ADMIN_URL'), name: values.name, ...place });
      say(file ? `wrote ${file}` : `${place.schema}: the migrations already say what schema.prisma says`);
      return 0;
    }
    case 'drift': {
      let differ = false;
      for (const service of values.service === undefined ? SERVICES : [values.service]) {
        const place = placeOf(service, values.prisma);
        const lacking = await checkDrift({ adminUrl: urlFromEnvironment('DATABASE_ADMIN_URL'), ...place });
        if (lacking === null) continue;
        differ = true;
        say(`${place.schemaFile} says more than its migrations; run diff, and look at what it writes. Lacking:\n${lacking}`);
      }
      return differ ? 1 : 0;
    }
    default:
      process.stderr.write(USAGE);
      return 2;
  }
}

function placeOf(service: string | undefined, prisma: string | undefined): { schema: string; schemaFile: string; migrationsDir: string } {
  if (!SERVICES.includes(service as ServiceName)) throw new Error(`--service is one of ${SERVICES.join(', ')}`);
  const dir = fromRoot(prisma ?? join('services', service as string, 'prisma'));
  return { schema: schemaOf(service as ServiceName), schemaFile: join(dir, 'schema.prisma'), migrationsDir: join(dir, 'migrations') };
}

/** One connection in the service's schema; a day's rows may take longer than a service's own statements are given. */
async function withClient<T>(url: string, schema: string, work: (sql: SqlClient) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    options: `-c search_path=${schema} -c statement_timeout=600000`,
  });
  await client.connect();
  try {
    return await work({
      $executeRawUnsafe: async (query, ...values) => (await client.query(query, values)).rowCount ?? 0,
      $queryRawUnsafe: async <R>(query: string, ...values: unknown[]) => (await client.query(query, values)).rows as R,
    });
  } finally {
    await client.end();
  }
}

function passwordsIn(file: string | undefined): { name: string; password: string }[] {
  if (!file) throw new Error('--passwords names a JSON file {"<service>": "<password>"}');
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof parsed !== 'object' || parsed === null) throw new Error(`${file} is not a JSON object`);
  return Object.entries(parsed).map(([name, password]) => {
    if (!SERVICES.includes(name as ServiceName)) throw new Error(`${file}: there is no service ${name}`);
    if (typeof password !== 'string' || password.length < 16)
      throw new Error(`${file}: the password of ${name} is a string of at least 16 characters`);
    return { name, password };
  });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
