import { chownSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { followedText, Secret } from '@enishi/config';
import { createCa, freePort, issueCert, type RunningPostgres, startPostgres } from '@enishi/infra';
import { type FreshDatabase, freshDatabase, waitFor } from '@enishi/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { databaseAway } from '../src/database-away.js';
import { prismaAdapter } from '../src/index.js';
import { PrismaClient } from './ledger/src/generated/prisma/client.js';
import { LEDGER_PRISMA } from './ledger.fixture.js';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'enishi-login-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** As kubelet does it: the whole file at once. */
function put(name: string, text: string): string {
  const file = join(dir, name);
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return file;
}

async function asAdmin(url: string, ...statements: string[]): Promise<void> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  try {
    for (const statement of statements) await admin.query(statement);
  } finally {
    await admin.end();
  }
}

describe('the password in a file', () => {
  let database: FreshDatabase;
  beforeAll(async () => {
    // A role that no other test file uses, for its password is changed.
    database = await freshDatabase({ services: [{ name: 'rotated-ledger', migrationsDir: join(LEDGER_PRISMA, 'migrations') }] });
  });
  afterAll(() => database.stop());

  it('is taken up at the next connection when it has changed, and until then the database is only away', async () => {
    const url = new URL(database.url('rotated-ledger'));
    const file = put('password', `${url.password}\n`);
    url.password = '';
    const password = new Secret(followedText(file, { maxBytes: 1_024 }));
    const prisma = new PrismaClient({ adapter: prismaAdapter({ url: url.href, password, schema: 'rotated_ledger' }) });
    try {
      // The search path is there too: the session's options and the URL do not drive each other out.
      expect(await prisma.$queryRawUnsafe('SELECT current_schema() AS schema, current_setting($1) AS zone', 'TimeZone')).toEqual([
        { schema: 'rotated_ledger', zone: 'UTC' },
      ]);
      await asAdmin(
        database.adminUrl,
        "ALTER ROLE rotated_ledger PASSWORD 'the-password-that-comes-next'",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'rotated_ledger'",
      );
      let refusal: unknown;
      const isRefused = () =>
        prisma.entry.count().then(
          () => false,
          (error: unknown) => {
            refusal = error;
            return String(error).includes('uthentication');
          },
        );
      await waitFor(isRefused, { what: 'the old password to be refused' });
      expect(databaseAway(refusal)).toMatchObject({ code: 'platform.not_available' });
      put('password', 'the-password-that-comes-next\n');
      expect(await prisma.entry.count()).toBe(0);
    } finally {
      await prisma.$disconnect();
    }
  });
});

describe('TLS to the database', () => {
  let server: RunningPostgres;
  let ca: Awaited<ReturnType<typeof createCa>>;
  beforeAll(async () => {
    server = await startPostgres({ dir: join(dir, 'postgres'), port: await freePort(), settings: { fsync: 'off' } });
    ca = await createCa({ commonName: 'CA of the database' });
    await serve(ca);
  });
  afterAll(() => server?.stop());

  /** The server shows a certificate of this CA from now on. */
  async function serve(issuer: typeof ca): Promise<void> {
    const { certPem, keyPem } = await issueCert(issuer, { kind: 'server', commonName: 'postgres' });
    const { uid, gid } = statSync(join(dir, 'postgres', 'data'));
    for (const [name, text] of [
      ['server.crt', certPem],
      ['server.key', keyPem],
    ] as const) {
      const file = join(dir, 'postgres', 'data', name);
      writeFileSync(file, text, { mode: 0o600 });
      chownSync(file, uid, gid);
    }
    await asAdmin(server.adminUrl(), 'ALTER SYSTEM SET ssl = on', 'SELECT pg_reload_conf()');
    await waitFor(async () => (await shown(issuer.certPem)) === true, { what: 'the server to show its certificate' });
  }

  const shown = async (caPem: string) => {
    const client = new pg.Client({ connectionString: server.adminUrl(), ssl: { ca: caPem } });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return true;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  };

  const clientTrusting = (caFile: string, host = 'localhost') => {
    const url = new URL(server.adminUrl());
    url.hostname = host;
    url.search = String(new URLSearchParams({ sslmode: 'verify-full', sslrootcert: caFile }));
    return new PrismaClient({ adapter: prismaAdapter({ url: url.href, schema: 'public' }) });
  };
  const isEncrypted = async (prisma: PrismaClient) => {
    try {
      return await prisma.$queryRawUnsafe('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    } finally {
      await prisma.$disconnect();
    }
  };

  it.each(['localhost', '127.0.0.1'])('sslmode=verify-full connects to a server of the CA in sslrootcert (%s)', async (host) => {
    expect(await isEncrypted(clientTrusting(put('ca.pem', ca.certPem), host))).toEqual([{ ssl: true }]);
  });

  it('sslmode=verify-full refuses a server of another CA', async () => {
    const other = await createCa({ commonName: 'Another CA' });
    await expect(isEncrypted(clientTrusting(put('other.pem', other.certPem)))).rejects.toThrow(/certificate/i);
  });

  it('a CA that has changed is taken up at the next connection', async () => {
    const prisma = clientTrusting(put('ca.pem', ca.certPem));
    expect(await prisma.$queryRawUnsafe('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const next = await createCa({ commonName: 'The next CA' });
    await serve(next);
    await asAdmin(server.adminUrl(), 'SELECT pg_terminate_backend(pid) FROM pg_stat_ssl WHERE ssl');
    put('ca.pem', next.certPem);
    await waitFor(
      () =>
        prisma.$queryRawUnsafe('SELECT 1').then(
          () => true,
          () => false,
        ),
      { what: 'a connection under the new CA' },
    );
    await prisma.$disconnect();
  });
});
