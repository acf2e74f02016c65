import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startPostgres } from '@enishi/infra';
import type { FreshDatabase } from '@enishi/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { bootstrap, serviceUrl } from '../src/index.js';
import { ledgerClient, ledgerDatabase, type PrismaClient } from './ledger.fixture.js';

let database: FreshDatabase;
let prisma: PrismaClient;
let role: pg.Client;

beforeAll(async () => {
  database = await ledgerDatabase();
  prisma = ledgerClient(database);
  role = new pg.Client({ connectionString: database.url('ledger') });
  await role.connect();
});
afterAll(async () => {
  await role.end();
  await prisma.$disconnect();
  await database.stop();
});

describe('one role per service', () => {
  it("a service's role cannot read another's schema", async () => {
    await expect(role.query('SELECT * FROM other_ledger.entry')).rejects.toMatchObject({ code: '42501' });
    await expect(prisma.$queryRawUnsafe('SELECT * FROM other_ledger.entry')).rejects.toThrow(/permission denied/);
  });

  it("a service's role cannot write another's schema, nor make anything in it", async () => {
    await expect(role.query("INSERT INTO other_ledger.entry (id, amount) VALUES ('x', 1)")).rejects.toMatchObject({ code: '42501' });
    await expect(role.query('CREATE TABLE other_ledger.mine (a int)')).rejects.toMatchObject({ code: '42501' });
  });

  it('a role makes nothing in public, no schema, no database, no role, no temporary table', async () => {
    for (const statement of [
      'CREATE TABLE public.mine (a int)',
      'CREATE SCHEMA mine',
      'CREATE DATABASE mine',
      'CREATE ROLE mine',
      'CREATE TEMPORARY TABLE mine (a int)',
    ]) {
      await expect(role.query(statement)).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('a role is no superuser and cannot become another', async () => {
    const { rows } = await role.query(
      'SELECT rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname = current_user',
    );
    expect(rows).toEqual([{ rolsuper: false, rolcreatedb: false, rolcreaterole: false, rolbypassrls: false }]);
    await expect(role.query('SET ROLE other_ledger')).rejects.toMatchObject({ code: '42501' });
    await expect(role.query('SET ROLE postgres')).rejects.toMatchObject({ code: '42501' });
  });

  it('a role that was not granted CONNECT does not enter the database', async () => {
    const admin = new pg.Client({ connectionString: database.adminUrl });
    await admin.connect();
    await admin.query("CREATE ROLE stranger_of_roles LOGIN PASSWORD 'stranger-of-roles'");
    const url = new URL(database.adminUrl);
    url.username = 'stranger_of_roles';
    url.password = 'stranger-of-roles';
    const stranger = new pg.Client({ connectionString: url.href });
    await expect(stranger.connect()).rejects.toMatchObject({ code: '42501' });
    await admin.query('DROP ROLE stranger_of_roles');
    await admin.end();
  });

  it('a session has its own schema first, is in UTC, and has limits', async () => {
    const setting = async (name: string) => (await role.query(`SHOW ${name}`)).rows[0][name];
    expect(await setting('search_path')).toBe('ledger');
    expect(await setting('TimeZone')).toBe('UTC');
    expect(await setting('statement_timeout')).toBe('15s');
    expect(await setting('idle_in_transaction_session_timeout')).toBe('30s');
  });

  it('bootstrap can be run again, and by several at once', async () => {
    const again = () =>
      bootstrap({
        adminUrl: database.adminUrl,
        services: ['ledger', 'other-ledger'].map((name) => ({ name, password: new URL(database.url(name)).password })),
      });
    await Promise.all([again(), again(), again(), again()]);
    expect((await role.query('SELECT count(*)::int AS entries FROM entry')).rows).toEqual([{ entries: 0 }]);
  });

  it('needs no superuser: the owner of the database with CREATEROLE does', async () => {
    const admin = new pg.Client({ connectionString: database.adminUrl });
    await admin.connect();
    await admin.query("CREATE ROLE deployer LOGIN CREATEROLE PASSWORD 'deployer-of-a-test'");
    await admin.query('CREATE DATABASE deployed OWNER deployer');
    try {
      const adminUrl = new URL(database.adminUrl);
      adminUrl.username = 'deployer';
      adminUrl.password = 'deployer-of-a-test';
      adminUrl.pathname = '/deployed';
      const service = { name: 'deployed-ledger', password: 'deployed-ledger-of-a-test' };
      for (let again = 0; again < 2; again++) await bootstrap({ adminUrl: adminUrl.href, services: [service] });
      const deployed = new pg.Client({ connectionString: serviceUrl(adminUrl.href, service) });
      await deployed.connect();
      await deployed.query('CREATE TABLE mine (a int)');
      expect((await deployed.query("SELECT to_regclass('deployed_ledger.mine') IS NOT NULL AS there")).rows).toEqual([{ there: true }]);
      await deployed.end();
    } finally {
      await admin.query('DROP DATABASE deployed WITH (FORCE)');
      await admin.query('DROP ROLE deployed_ledger, deployer');
      await admin.end();
    }
  });

  it('a password reaches Postgres as its verifier: its log of all statements never holds it, and the role logs in with it', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'enishi-roles-'));
    const server = await startPostgres({ dir, port: await freePort(), settings: { fsync: 'off', log_statement: 'all' } });
    try {
      const adminUrl = server.adminUrl();
      const service = { name: 'ledger', password: `canary-'"\\$ %-of-a-role` };
      // First CREATE ROLE, then ALTER ROLE.
      for (let again = 0; again < 2; again++) await bootstrap({ adminUrl, services: [service] });
      const admin = new pg.Client({ connectionString: adminUrl });
      await admin.connect();
      const { rows } = await admin.query(`SELECT rolpassword, rolconnlimit FROM pg_authid WHERE rolname = 'ledger'`);
      expect(rows).toEqual([{ rolpassword: expect.stringMatching(/^SCRAM-SHA-256\$4096:/), rolconnlimit: 500 }]);
      await admin.query(`SELECT 'all of it is logged'`);
      await admin.end();
      const login = (password: string) =>
        new pg.Client({ host: '127.0.0.1', port: server.port, user: 'ledger', database: 'postgres', password });
      const ledger = login(service.password);
      await ledger.connect();
      await ledger.end();
      await expect(login('another').connect()).rejects.toMatchObject({ code: '28P01' });
      await server.stop();
      const logged = readFileSync(server.logFile, 'utf8');
      expect(logged).toContain('all of it is logged');
      expect(logged).toMatch(/CREATE ROLE "ledger".*SCRAM-SHA-256/);
      expect(logged).toMatch(/ALTER ROLE "ledger" LOGIN.*SCRAM-SHA-256/);
      expect(logged).not.toContain('canary');
    } finally {
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it('a role that has more rights than a service may have is left alone, and told', async () => {
    await expect(bootstrap({ adminUrl: database.adminUrl, services: [{ name: 'postgres', password: 'p' }] })).rejects.toThrow(
      /postgres exists and has more rights/,
    );
  });

  it('a name that cannot be a role is refused', async () => {
    await expect(bootstrap({ adminUrl: database.adminUrl, services: [{ name: 'x"; DROP TABLE y', password: 'p' }] })).rejects.toThrow(
      /cannot be the name of a role/,
    );
  });
});

describe('the adapter', () => {
  it('keeps a moment the same on its way in and out', async () => {
    const at = new Date('2026-11-22T09:30:00.123+09:00');
    await prisma.entry.create({ data: { id: 'moment', amount: -9_007_199_254_740_993n, at } });
    expect(await prisma.entry.findUniqueOrThrow({ where: { id: 'moment' } })).toEqual({
      id: 'moment',
      amount: -9_007_199_254_740_993n,
      at,
    });
    const { rows } = await role.query(`SELECT at AT TIME ZONE 'UTC' = '2026-11-22 00:30:00.123' AS same FROM entry WHERE id = 'moment'`);
    expect(rows).toEqual([{ same: true }]);
  });

  it("writes into the service's own schema", async () => {
    const { rows } = await role.query("SELECT count(*)::int AS entries FROM ledger.entry WHERE id = 'moment'");
    expect(rows).toEqual([{ entries: 1 }]);
  });
});
