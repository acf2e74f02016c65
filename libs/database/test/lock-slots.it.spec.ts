import type { FreshDatabase } from '@enishi/testing';
import { waitFor } from '@enishi/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { lockSlots, migrate } from '../src/index.js';
import { LEDGER_PRISMA, ledgerDatabase } from './ledger.fixture.js';

let database: FreshDatabase;
let sql: pg.Pool;
beforeAll(async () => {
  database = await ledgerDatabase();
  sql = new pg.Pool({ connectionString: database.url('ledger'), options: '-c search_path=ledger' });
  await sql.query('CREATE TABLE lock_slots (kind text, slot int, PRIMARY KEY (kind, slot))');
  await sql.query("INSERT INTO lock_slots SELECT kind, slot FROM unnest(ARRAY['a', 'b']) AS kind, generate_series(0, 1023) AS slot");
});
afterAll(async () => {
  await sql.end();
  await database.stop();
});

/** A transaction that holds these names until it is told to end. */
async function holding(kind: string, names: string[]) {
  const client = await sql.connect();
  await client.query('BEGIN');
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const tx = {
    $executeRawUnsafe: async (query: string, ...values: unknown[]) => (await client.query(query, values)).rowCount ?? 0,
    $queryRawUnsafe: async <T>(query: string, ...values: unknown[]) => (await client.query(query, values)).rows as T,
  };
  const pid = rows[0]?.pid;
  return {
    locked: lockSlots(tx, kind, names),
    waits: () =>
      waitFor(
        async () => (await sql.query("SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'", [pid])).rowCount === 1,
        {
          what: 'the transaction to wait',
        },
      ),
    async end() {
      await client.query('COMMIT');
      client.release();
    },
  };
}

describe('a lock by name', () => {
  it('is waited for by whoever asks for the same name of the same kind, and by nobody else', async () => {
    const first = await holding('a', ['conn_1']);
    await first.locked;
    const other = await holding('b', ['conn_1']);
    await other.locked;
    await other.end();
    const second = await holding('a', ['conn_1']);
    expect(await second.waits()).toBe(true);
    await first.end();
    await second.locked;
    await second.end();
  });

  it('of many names is taken in one order: two who ask in opposite orders do not wait in a ring', async () => {
    const names = Array.from({ length: 200 }, (_, n) => `name ${n}`);
    for (let round = 0; round < 10; round++) {
      const both = await Promise.all([holding('a', names), holding('a', names.toReversed())]);
      // In a ring, Postgres would end one of them as a deadlock (40P01).
      await expect(Promise.all(both.map(async (one) => one.locked.then(() => one.end())))).resolves.toHaveLength(2);
    }
  });

  it('of a kind that the migration did not fill is refused, not passed by', async () => {
    const none = await holding('c', ['x']);
    await expect(none.locked).rejects.toThrow('lock_slots has no rows of kind c');
    await none.end();
  });

  it("is out of reach of another service's role", async () => {
    const other = new pg.Client({ connectionString: database.url('other-ledger') });
    await other.connect();
    await expect(other.query('SELECT 1 FROM ledger.lock_slots FOR UPDATE')).rejects.toMatchObject({ code: '42501' });
    for (const table of ['lock_slots', '_prisma_migrations']) {
      await other.query('BEGIN');
      await expect(other.query(`LOCK TABLE ledger.${table}`)).rejects.toMatchObject({ code: '42501' });
      await other.query('ROLLBACK');
    }
    await other.end();
  });

  it('of migrations is no advisory lock: one who holds those of the migrations stops none', async () => {
    // The administrator stands for any role of a production database.
    const hostile = new pg.Client({ connectionString: database.adminUrl });
    await hostile.connect();
    await hostile.query('SELECT pg_advisory_lock($1, hashtext($2))', [0x656e6973, 'ledger']);
    // The number that Prisma's own programs lock by.
    await hostile.query('SELECT pg_advisory_lock(72707369)');
    expect(await migrate({ url: database.url('ledger'), schema: 'ledger', migrationsDir: `${LEDGER_PRISMA}/migrations` })).toEqual([]);
    await hostile.end();
  });
});
