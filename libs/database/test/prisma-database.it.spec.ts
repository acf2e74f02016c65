import { getOrder, Moment, Text } from '@enishi/contracts';
import { failure } from '@enishi/errors';
import { exposition } from '@enishi/telemetry';
import type { FreshDatabase } from '@enishi/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
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

  it('is failed when the database refuses it, and told as platform.rule_violated', async () => {
    const { measured, thrown } = await measuring(() =>
      database.transaction(async (tx) => {
        await tx.entry.create({ data: entry('two') });
        await tx.entry.create({ data: entry('two') });
      }),
    );
    expect(measured).toEqual({ 'create/ok': 1, 'create/failed': 1, 'transaction/failed': 1 });
    expect(thrown).toMatchObject({ code: 'platform.rule_violated', kind: 'conflict', cause: { code: 'P2002' } });
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

describe('what Postgres refuses for what it says', () => {
  const year0 = new Date('0000-06-01T00:00:00Z');
  it.each<[string, (client: Ledger['client']) => Promise<unknown>, string]>([
    ['U+0000 in a text (22021)', (client) => client.entry.create({ data: entry('a\u0000') }), 'value_not_storable'],
    ['U+0000 in a text, raw (22021)', (client) => client.$executeRaw`DELETE FROM entry WHERE id = ${'\u0000'}`, 'value_not_storable'],
    [
      'U+0000 in JSON (22P05)',
      (client) => client.outbox.create({ data: { id: 'x', subject: 's', payload: { text: '\u0000' } } }),
      'value_not_storable',
    ],
    [
      'a lone surrogate in JSON (22P02)',
      (client) => client.outbox.create({ data: { id: 'x', subject: 's', payload: { text: '\ud800' } } }),
      'value_not_storable',
    ],
    ['the year 0000 (22008)', (client) => client.entry.create({ data: { ...entry('year'), at: year0 } }), 'value_not_storable'],
    ['the year 0000, raw (22008)', (client) => client.$queryRaw`SELECT ${'0000-06-01'}::date`, 'value_not_storable'],
    ['a number that is too large (22003)', (client) => client.$queryRaw`SELECT ${'99999999999'}::bigint::int`, 'value_not_storable'],
    [
      'a second of what is there once, raw (23505)',
      (client) => client.$executeRaw`INSERT INTO inbox (event_id, consumer) VALUES ('e', 'c'), ('e', 'c')`,
      'rule_violated',
    ],
    ['nothing where something must be (23502)', (client) => client.$executeRaw`INSERT INTO entry (id) VALUES ('n')`, 'rule_violated'],
  ])('has a stable code and is no matter of trying again: %s', async (_what, work, reason) => {
    const thrown = await Promise.all([
      work(database.client).catch((error: unknown) => error),
      database.transaction((tx) => work(tx as Ledger['client'])).catch((error: unknown) => error),
    ]);
    for (const error of thrown) {
      expect(error).toMatchObject({ code: `platform.${reason}` });
      expect(['invalid', 'conflict']).toContain((error as { kind: string }).kind);
    }
  });

  it('no string that Text takes: each comes back as it was, from a text and from JSON', async () => {
    const unit = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      fc.constantFrom('\u0000', '\ud800', '\udfff', '\ufeff', '\uffff', '縁', '\ud83d\ude00', '\\', '"', "'"),
    );
    let n = 0;
    await fc.assert(
      fc.asyncProperty(fc.string({ unit, maxLength: 30 }), async (text) => {
        // As a key, `__proto__` is no key of a plain object.
        if (!Text.safeParse(text).success || text === '__proto__') return;
        n += 1;
        const id = `${n} ${text}`;
        await database.client.entry.create({ data: entry(id) });
        expect((await database.client.entry.findUniqueOrThrow({ where: { id } })).id).toBe(id);
        const { payload } = await database.client.outbox.create({ data: { id, subject: text, payload: { [text]: text } } });
        expect(payload).toEqual({ [text]: text });
        expect(await database.client.outbox.findUniqueOrThrow({ where: { id } })).toMatchObject({ subject: text, payload });
      }),
      { numRuns: 200 },
    );
    expect(n).toBeGreaterThan(20);
  });

  it('no moment that Moment takes', async () => {
    const moment = fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true });
    let n = 0;
    await fc.assert(
      fc.asyncProperty(moment, async (at) => {
        expect(Moment.safeParse(at.toISOString()).success).toBe(true);
        n += 1;
        const stored = await database.client.entry.create({ data: { ...entry(`moment ${n}`), at } });
        expect(stored.at).toEqual(at);
      }),
      { numRuns: 100 },
    );
  });
});
