/** The one program for a database's shape: used on a developer's machine, by the launcher, and by the Helm hook. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SERVICES, type ServiceName, schemaOf } from '@enishi/contracts';
import pg from 'pg';
import { bootstrap } from './bootstrap.js';
import { fromRoot, loginFromEnvironment } from './cli-config.js';
import { checkDrift, diffToMigration } from './drift.js';
import { type DatabaseLogin, driverConfig } from './login.js';
import { migrate } from './migrate.js';
import { republish } from './republish.js';
import type { SqlClient } from './sql-client.js';

const USAGE = `usage: cli.js <command>
  bootstrap --passwords PATH               roles and schemas; PATH is a file {"<service>": "<password>"},         DATABASE_ADMIN
                                           or a directory with a file per service, named by it
  migrate   --service NAME                 apply what is not applied yet                                          DATABASE
  republish --service NAME                 tell again the events of the last 24 h (streams were lost)             DATABASE
  diff      --service NAME --name what_it_does   write the migration that schema.prisma lacks                    DATABASE_ADMIN
  drift     [--service NAME]               exit 1 when schema.prisma and the migrations differ                   DATABASE_ADMIN
  --prisma DIR instead of services/<name>/prisma
DATABASE is DATABASE_URL, and DATABASE_PASSWORD_FILE when the URL holds no password; DATABASE_ADMIN the same.
`;

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { service: { type: 'string' }, name: { type: 'string' }, passwords: { type: 'string' }, prisma: { type: 'string' } },
  });
  switch (positionals[0] ?? '') {
    case 'bootstrap':
      await bootstrap({ ...adminLogin(), services: passwordsIn(values.passwords) });
      return 0;
    case 'migrate': {
      const place = placeOf(values.service, values.prisma);
      const names = await migrate({
        ...loginFromEnvironment('DATABASE'),
        ...place,
        applied: (name) => say(`${place.schema}: applied ${name}`),
      });
      if (names.length === 0) say(`${place.schema}: nothing to apply`);
      return 0;
    }
    case 'republish': {
      const { schema } = placeOf(values.service, values.prisma);
      const count = await withClient(loginFromEnvironment('DATABASE'), schema, (sql) => republish(sql));
      say(`${schema}: ${count} events will be published again`);
      return 0;
    }
    case 'diff': {
      if (!values.name) throw new Error('--name says what the migration does, e.g. --name add_statement');
      const place = placeOf(values.service, values.prisma);
      const file = await diffToMigration({ ...adminLogin(), name: values.name, ...place });
      say(file ? `wrote ${file}` : `${place.schema}: the migrations already say what schema.prisma says`);
      return 0;
    }
    case 'drift': {
      let differ = false;
      for (const service of values.service === undefined ? SERVICES : [values.service]) {
        const place = placeOf(service, values.prisma);
        const lacking = await checkDrift({ ...adminLogin(), ...place });
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

function adminLogin(): { adminUrl: string; adminPassword: DatabaseLogin['password'] } {
  const { url, password } = loginFromEnvironment('DATABASE_ADMIN');
  return { adminUrl: url, adminPassword: password };
}

function placeOf(service: string | undefined, prisma: string | undefined): { schema: string; schemaFile: string; migrationsDir: string } {
  if (!SERVICES.includes(service as ServiceName)) throw new Error(`--service is one of ${SERVICES.join(', ')}`);
  const dir = fromRoot(prisma ?? join('services', service as string, 'prisma'));
  return { schema: schemaOf(service as ServiceName), schemaFile: join(dir, 'schema.prisma'), migrationsDir: join(dir, 'migrations') };
}

/** One connection in the service's schema; a day's rows may take longer than a service's own statements are given. */
async function withClient<T>(login: DatabaseLogin, schema: string, work: (sql: SqlClient) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    ...driverConfig(login),
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

/** What each service's role is to be entered with. From a directory (a projected volume), every service's must be there. */
function passwordsIn(path: string | undefined): { name: string; password: string }[] {
  if (!path) throw new Error('--passwords names a JSON file {"<service>": "<password>"}, or a directory with a file per service');
  const given = statSync(path).isDirectory() ? passwordsOfDirectory(path) : passwordsOfFile(path);
  return Object.entries(given).map(([name, password]) => {
    if (!SERVICES.includes(name as ServiceName)) throw new Error(`${path}: there is no service ${name}`);
    if (typeof password !== 'string' || password.length < 16)
      throw new Error(`${path}: the password of ${name} is a string of at least 16 characters`);
    return { name, password };
  });
}

function passwordsOfFile(file: string): object {
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof parsed !== 'object' || parsed === null) throw new Error(`${file} is not a JSON object`);
  return parsed;
}

function passwordsOfDirectory(directory: string): object {
  // kubelet keeps the real files in `..data` and `..<time>`, and links to them.
  const names = readdirSync(directory).filter((name) => !name.startsWith('..'));
  const missing = SERVICES.find((name) => !names.includes(name));
  if (missing !== undefined) throw new Error(`${join(directory, missing)} is missing: every service has a file with its password`);
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(directory, name), 'utf8').trim()]));
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
