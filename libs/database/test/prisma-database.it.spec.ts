import { getOrder } from '@enishi/contracts';
import { failure } from '@enishi/errors';
import { exposition } from '@enishi/telemetry';
import type { FreshDatabase } from '@enishi/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PrismaDatabase, prismaAdapter } from '../src/index.js';
import { PrismaClient as LedgerClient, type Prisma } from './ledger/src/generated/prisma/client.js';
import { ledgerClient, ledgerDatabase, type PrismaClient } from './ledger.fixture.js';

type Ledger = PrismaDatabase<PrismaClient, Prisma.TransactionClient>;
let fresh: FreshDatabase;
let database: Ledger;
let away: Ledger;
beforeAll(async () => {
  fresh = await ledgerDatabase();
  database = new PrismaDatabase(ledgerClient(fresh));
  const nobody = prismaAdapter({ url: 'postgresql://ledger:x@127.0.0.1:1/none', schema: 'ledger' });
  away = new PrismaDatabase(new LedgerClient({ adapter: nobody }));
});
afterAll(async () => {
  await Promise.all([database.onApplicationShutdown(), away.onApplicationShutdown()]);
  await fresh.stop();
});

/** How many more of `<operation>/<outcome>` were measured by `work`; what it throws is given too. */
async function measuring(work: () => Promise<unknown>): Promise<{ measured: Record<string, number>; thrown: unknown }> {
  const before = await counts();
  const thrown = await work().then(
    () => undefined,
    (error: unknown) => error,
  );
  const grown = Object.entries(await counts()).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return { measured: Object.fromEntries(grown.filter(([, count]) => count > 0)), thrown };
}

async function counts(): Promise<Record<string, number>> {
  const lines = (await exposition()).matchAll(/^enishi_database_operation_seconds_count\{operation="(.*?)",outcome="(.*?)"\} (\d+)/gm);
  return Object.fromEntries([...lines].map(([, operation, outcome, count]) => [`${operation}/${outcome}`, Number(count)]));
}

const entry = (id: string) => ({ id, amount: 1n, at: new Date() });

describe('what a service asks of its database', () => {
  it('is measured by operation and outcome, also within a transaction', async () => {
    const { measured } = await measuring(async () => {
      await database.check();
      await database.client.entry.findMany();
      await database.transaction((tx) => tx.entry.create({ data: entry('one') }));
    });
    expect(measured).toEqual({ '$queryRawUnsafe/ok': 1, 'findMany/ok': 1, 'create/ok': 1, 'transaction/ok': 1 });
  });

  it('is failed when the database refuses it, and thrown as Prisma throws it', async () => {
    const { measured, thrown } = await measuring(() =>
      database.transaction(async (tx) => {
        await tx.entry.create({ data: entry('two') });
        await tx.entry.create({ data: entry('two') });
      }),
    );
    expect(measured).toEqual({ 'create/ok': 1, 'create/failed': 1, 'transaction/failed': 1 });
    expect(thrown).toMatchObject({ code: 'P2002' });
    expect(await database.client.entry.count({ where: { id: 'two' } })).toBe(0);
  });

  it('is ok when the work of a transaction refuses, and nothing has happened', async () => {
    const refusal = failure(getOrder, 'order_closed', 'The order takes no result any more.');
    const { measured, thrown } = await measuring(() =>
      database.transaction(async (tx) => {
        await tx.entry.create({ data: entry('three') });
        throw refusal;
      }),
    );
    expect(measured).toEqual({ 'create/ok': 1, 'transaction/ok': 1 });
    expect(thrown).toBe(refusal);
    expect(await database.client.entry.count({ where: { id: 'three' } })).toBe(0);
  });

  it('is away when nobody answers, and told as platform.not_available', async () => {
    for (const [operation, work] of [
      ['count', () => away.client.entry.count()],
      ['$queryRawUnsafe', () => away.check()],
      ['transaction', () => away.transaction((tx) => tx.entry.count())],
    ] as const) {
      const { measured, thrown } = await measuring(work);
      expect(measured).toEqual({ [`${operation}/away`]: 1 });
      expect(thrown).toMatchObject({ code: 'platform.not_available' });
    }
  });

  it('is away, not ok, when a statement of the transaction finds nobody', async () => {
    const { measured } = await measuring(() => database.transaction(() => away.client.entry.count()));
    expect(measured).toEqual({ 'count/away': 1, 'transaction/away': 1 });
  });
});
