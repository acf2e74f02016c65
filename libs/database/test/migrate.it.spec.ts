import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FreshDatabase, freshDatabase, waitFor } from '@enishi/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { checkDrift, diffToMigration, migrate } from '../src/index.js';
import { LEDGER_PRISMA } from './ledger.fixture.js';

const PROGRAM = join(import.meta.dirname, '..', 'dist', 'cli.js');
let database: FreshDatabase;
let admin: pg.Client;
let dir: string;
let migrationsDir: string;
let schemaFile: string;

beforeAll(async () => {
  database = await freshDatabase({ services: [{ name: 'parser', migrationsDir: join(tmpdir(), 'no-migrations-here') }] });
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await database.stop();
});
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'enishi-migrate-'));
  cpSync(LEDGER_PRISMA, dir, { recursive: true });
  migrationsDir = join(dir, 'migrations');
  schemaFile = join(dir, 'schema.prisma');
});
afterEach(async () => {
  rmSync(dir, { recursive: true, force: true });
  await admin.query('DROP SCHEMA parser CASCADE; CREATE SCHEMA parser AUTHORIZATION parser');
});

const apply = () => migrate({ url: database.url('parser'), schema: 'parser', migrationsDir });
const drift = () => ({ schemaFile, migrationsDir, adminUrl: database.adminUrl, schema: 'parser' });

function addMigration(name: string, sql: string): string {
  mkdirSync(join(migrationsDir, name), { recursive: true });
  writeFileSync(join(migrationsDir, name, 'migration.sql'), sql);
  return name;
}
async function history(): Promise<{ migration_name: string; done: boolean; applied_steps_count: number }[]> {
  const { rows } = await admin.query(
    'SELECT migration_name, finished_at IS NOT NULL AS done, applied_steps_count FROM parser._prisma_migrations ORDER BY migration_name',
  );
  return rows;
}

describe('applying migrations', () => {
  it('applies each once, in the table that prisma migrate deploy keeps', async () => {
    const first = readdirSync(migrationsDir)[0] ?? '';
    addMigration('20270101000000_second', 'CREATE TABLE second (a int);');
    expect(await apply()).toEqual([first, '20270101000000_second']);
    expect(await apply()).toEqual([]);
    expect(await history()).toEqual([
      { migration_name: first, done: true, applied_steps_count: 1 },
      { migration_name: '20270101000000_second', done: true, applied_steps_count: 1 },
    ]);
  });

  it('runs a script as one, with semicolons inside strings and function bodies', async () => {
    addMigration(
      '20270101000000_guard',
      `CREATE TABLE note (text text CHECK (text <> ';'));
       CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no; never'; END; $$;
       CREATE TRIGGER guard BEFORE DELETE ON note FOR EACH ROW EXECUTE FUNCTION refuse();
       INSERT INTO note VALUES ('a;b');`,
    );
    await apply();
    await expect(admin.query('DELETE FROM parser.note')).rejects.toThrow('no; never');
  });

  it('two at once: each migration is applied once, and both end well', async () => {
    for (let month = 1; month <= 6; month++) addMigration(`20270${month}01000000_table_${month}`, `CREATE TABLE t${month} (a int);`);
    const results = await Promise.all([apply(), apply(), apply()]);
    expect(results.flat().sort()).toEqual(
      readdirSync(migrationsDir)
        .filter((name) => name.startsWith('20'))
        .sort(),
    );
    expect((await history()).every(({ done }) => done)).toBe(true);
    expect(await history()).toHaveLength(7);
  });

  it('a failed migration tells its name and the sentence of the database, and leaves nothing behind', async () => {
    const name = addMigration('20270101000000_bad', 'CREATE TABLE half (a int); INSERT INTO nowhere VALUES (1);');
    await expect(apply()).rejects.toMatchObject({
      name: 'MigrationError',
      migration: name,
      message: 'migration 20270101000000_bad failed: relation "nowhere" does not exist',
    });
    expect((await admin.query(`SELECT to_regclass('parser.half') AS half`)).rows).toEqual([{ half: null }]);
    expect(await history()).toHaveLength(1);
    addMigration(name, 'CREATE TABLE half (a int);');
    expect(await apply()).toEqual([name]);
  });

  it('a file that was changed after it was applied is refused by name', async () => {
    const first = readdirSync(migrationsDir)[0] ?? '';
    await apply();
    writeFileSync(join(migrationsDir, first, 'migration.sql'), 'CREATE TABLE something_else (a int);');
    await expect(apply()).rejects.toMatchObject({ migration: first, message: expect.stringContaining('write another migration') });
  });

  it('a database that is ahead of the files is refused by name', async () => {
    addMigration('20270101000000_newer', 'CREATE TABLE newer (a int);');
    await apply();
    rmSync(join(migrationsDir, '20270101000000_newer'), { recursive: true });
    await expect(apply()).rejects.toMatchObject({ migration: '20270101000000_newer', message: expect.stringContaining('older release') });
  });

  it('kill -9 in the middle of a migration: it is not applied, and the next run applies it', async () => {
    const first = readdirSync(migrationsDir)[0] ?? '';
    const slow = addMigration('20270101000000_slow', 'CREATE TABLE slow (a int); SELECT pg_sleep(60);');
    const child = spawn(process.execPath, [PROGRAM, 'migrate', '--service', 'parser', '--prisma', dir], {
      env: { DATABASE_URL: database.url('parser') },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const sleeping = `SELECT pid FROM pg_stat_activity WHERE usename = 'parser' AND query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()`;
    const { pid } = await waitFor(async () => (await admin.query<{ pid: number }>(sleeping)).rows[0], { what: 'the slow migration' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    // The server notices a closed connection when it next looks; here it is told.
    await admin.query('SELECT pg_terminate_backend($1, 5000)', [pid]);
    expect(await history()).toEqual([{ migration_name: first, done: true, applied_steps_count: 1 }]);
    addMigration(slow, 'CREATE TABLE slow (a int);');
    expect(await apply()).toEqual([slow]);
  });

  it('a migration with an earlier timestamp, merged later, is applied too', async () => {
    addMigration('20270201000000_later', 'CREATE TABLE later (a int);');
    await apply();
    const earlier = addMigration('20270101000000_merged', 'CREATE TABLE merged (a int);');
    expect(await apply()).toEqual([earlier]);
    expect(await apply()).toEqual([]);
  });

  it('a database that cannot be entered is a sentence, and no fault of a migration', async () => {
    const url = new URL(database.url('parser'));
    url.password = 'not-this-one';
    await expect(migrate({ url: url.href, schema: 'parser', migrationsDir })).rejects.toThrow(
      /^the database cannot be entered as the owner of schema parser: /,
    );
    url.port = '1';
    await expect(migrate({ url: url.href, schema: 'parser', migrationsDir })).rejects.toThrow(/ECONNREFUSED/);
  });

  it('an oddly named directory is refused, not passed over', async () => {
    mkdirSync(join(migrationsDir, 'later'));
    await expect(apply()).rejects.toThrow(/later: a migration is named/);
  });
});

describe('schema.prisma and the migrations', () => {
  const withNote = () =>
    writeFileSync(schemaFile, `${readFileSync(schemaFile, 'utf8')}\nmodel Note {\n  id String @id\n  @@map("note")\n}\n`);

  it('drift is null while they say the same', async () => {
    expect(await checkDrift(drift())).toBeNull();
  });

  it('drift tells what the migrations lack', async () => {
    withNote();
    expect(await checkDrift(drift())).toContain('CREATE TABLE "note"');
  });

  it('drift is told by exit code 1 and the sentence that helps', async () => {
    withNote();
    const child = spawn(process.execPath, [PROGRAM, 'drift', '--service', 'parser', '--prisma', dir], {
      env: { DATABASE_ADMIN_URL: database.adminUrl },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    expect(said).toContain('run diff');
  });

  it('diff writes the migration that is lacking, after the last, and then nothing more', async () => {
    withNote();
    const file = await diffToMigration({ ...drift(), name: 'add_note', now: new Date('2020-01-01T00:00:00Z') });
    expect(readFileSync(file ?? '', 'utf8')).toContain('CREATE TABLE "note"');
    expect(readdirSync(migrationsDir).sort().at(-1)).toMatch(/_add_note$/);
    expect(await diffToMigration({ ...drift(), name: 'again' })).toBeNull();
    expect((await apply()).at(-1)).toMatch(/_add_note$/);
  });

  it('leaves no shadow database behind, also when a migration cannot be replayed', async () => {
    addMigration('20270101000000_bad', 'SELECT nonsense;');
    await expect(checkDrift(drift())).rejects.toThrow(/migrations cannot be replayed: column "nonsense" does not exist/);
    const { rows } = await admin.query("SELECT datname FROM pg_database WHERE datname LIKE 'enishi_shadow_%'");
    expect(rows).toEqual([]);
  });
});
