import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVICES } from '@enishi/contracts';
import { type FreshDatabase, freshDatabase } from '@enishi/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { LEDGER_PRISMA } from './ledger.fixture.js';

const PROGRAM = join(import.meta.dirname, '..', 'dist', 'cli.js');
let database: FreshDatabase;
let dir: string;

beforeAll(async () => {
  database = await freshDatabase({ services: [] });
  dir = mkdtempSync(join(tmpdir(), 'enishi-cli-'));
});
afterAll(async () => {
  rmSync(dir, { recursive: true, force: true });
  await database.stop();
});

async function run(args: string[], env: Record<string, string> = {}): Promise<{ code: number; said: string }> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  }
  const [code] = (await once(child, 'close')) as [number];
  return { code, said };
}

describe('the program that the Helm hook runs', () => {
  it('refuses what it does not know or lacks, in a sentence', async () => {
    const passwords = join(dir, 'bad.json');
    writeFileSync(passwords, '{"parser":"short"}');
    const admin = { DATABASE_ADMIN_URL: database.adminUrl };
    expect(await run([])).toMatchObject({ code: 2, said: expect.stringContaining('usage:') });
    expect(await run(['migrate', '--service', 'nobody'])).toMatchObject({ code: 1, said: expect.stringContaining('--service is one of') });
    expect(await run(['migrate', '--service', 'parser'])).toMatchObject({
      code: 1,
      said: expect.stringContaining('DATABASE_URL is not set'),
    });
    expect(await run(['migrate', '--service', 'parser'], { DATABASE_URL: 'mysql://x' })).toMatchObject({
      code: 1,
      said: expect.stringContaining('DATABASE_URL must be a URL with postgresql://'),
    });
    expect(await run(['bootstrap', '--passwords', passwords], admin)).toMatchObject({
      code: 1,
      said: expect.stringContaining('at least 16 characters'),
    });
  });

  it('never says a password', async () => {
    const { code, said } = await run(['migrate', '--service', 'parser', '--prisma', LEDGER_PRISMA], {
      DATABASE_URL: 'postgresql://parser:canary-5f0e@127.0.0.1:1/postgres',
    });
    expect(code).toBe(1);
    expect(said).toContain('ECONNREFUSED');
    expect(said).not.toContain('canary-5f0e');
  });

  it('takes the passwords from files, each role its own, as a projected volume has them', async () => {
    const admin = new URL(database.adminUrl);
    const adminPassword = join(dir, 'admin.password');
    writeFileSync(adminPassword, `${admin.password}\n`);
    admin.password = '';
    const env = { DATABASE_ADMIN_URL: admin.href, DATABASE_ADMIN_PASSWORD_FILE: adminPassword };
    const volume = join(dir, 'volume');
    mkdirSync(join(volume, '..2026_11_24'), { recursive: true });
    symlinkSync('..2026_11_24', join(volume, '..data'));
    const [first, ...others] = SERVICES;
    const put = (name: string) => {
      // Roles belong to the server, which other test files are using: the same password again.
      writeFileSync(join(volume, '..2026_11_24', name), `${new URL(database.url(name)).password}\n`);
      symlinkSync(join('..data', name), join(volume, name));
    };
    for (const name of others) put(name);
    expect(await run(['bootstrap', '--passwords', volume], env)).toEqual({
      code: 1,
      said: `${join(volume, first)} is missing: every service has a file with its password\n`,
    });
    put(first);
    expect(await run(['bootstrap', '--passwords', volume], env)).toEqual({ code: 0, said: '' });
    const role = new URL(database.url(first));
    const password = join(volume, first);
    role.password = '';
    const migrated = await run(['migrate', '--service', first, '--prisma', LEDGER_PRISMA], {
      DATABASE_URL: role.href,
      DATABASE_PASSWORD_FILE: password,
    });
    expect(migrated).toMatchObject({ code: 0, said: expect.stringContaining('applied') });
  });

  it('says in a sentence that a CA is missing, in each command', async () => {
    const query = '?sslmode=verify-full&sslrootcert=/canary/ca.pem';
    const env = { DATABASE_URL: `${database.adminUrl}${query}`, DATABASE_ADMIN_URL: `${database.adminUrl}${query}` };
    const commands = { DATABASE: ['migrate', 'republish'], DATABASE_ADMIN: ['bootstrap', 'diff', 'drift'] };
    for (const [what, names] of Object.entries(commands)) {
      for (const name of names) {
        const { code, said } = await run([name, '--service', 'parser', '--name', 'x', '--passwords', join(dir, 'none')], env);
        expect({ name, code }).toEqual({ name, code: 1 });
        expect(said).toContain(`${what}_URL names an sslrootcert file that does not exist\n`);
        expect(said).not.toMatch(/canary|ENOENT|\n {4}at /);
      }
    }
  });

  it('refuses a password that is told twice', async () => {
    const twice = { DATABASE_URL: database.url('parser'), DATABASE_PASSWORD_FILE: import.meta.filename };
    expect(await run(['migrate', '--service', 'parser'], twice)).toEqual({
      code: 1,
      said: expect.stringContaining('DATABASE_PASSWORD_FILE is set, and DATABASE_URL holds a password too: leave one of them out'),
    });
  });

  it('prepares a database and migrates it, and again without effect; then it republishes', async () => {
    const migrated = await freshDatabase({ services: [{ name: 'parser', migrationsDir: join(dir, 'none') }] });
    // Roles belong to the server, which other test files are using: the same password again.
    const passwords = join(dir, 'passwords.json');
    writeFileSync(passwords, JSON.stringify({ parser: new URL(migrated.url('parser')).password }));
    expect(await run(['bootstrap', '--passwords', passwords], { DATABASE_ADMIN_URL: migrated.adminUrl })).toEqual({ code: 0, said: '' });
    const env = { DATABASE_URL: migrated.url('parser') };
    const args = ['migrate', '--service', 'parser', '--prisma', LEDGER_PRISMA];
    expect(await run(args, env)).toMatchObject({ code: 0, said: expect.stringMatching(/^parser: applied \d{14}_first\n$/) });
    expect(await run(args, env)).toEqual({ code: 0, said: 'parser: nothing to apply\n' });
    const sql = new pg.Client({ connectionString: migrated.url('parser') });
    await sql.connect();
    await sql.query(
      `INSERT INTO outbox (id, subject, payload, published_at) VALUES ('told', 's', '{}', now()), ('waits', 's', '{}', NULL)`,
    );
    await sql.end();
    expect(await run(['republish', '--service', 'parser'], env)).toEqual({ code: 0, said: 'parser: 1 events will be published again\n' });
    await migrated.stop();
  });
});
