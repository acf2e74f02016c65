import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createLogger } from '@enishi/telemetry';
import { type FreshDatabase, waitFor } from '@enishi/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import { OutboxPublisher, type OutboxRow, onceOnly, republish, writeOutbox } from '../src/index.js';
import { ledgerClient, ledgerDatabase, type PrismaClient } from './ledger.fixture.js';

let database: FreshDatabase;
let prisma: PrismaClient;
const publishers: OutboxPublisher[] = [];

beforeAll(async () => {
  database = await ledgerDatabase();
  prisma = ledgerClient(database);
});
afterEach(async () => {
  await Promise.all(publishers.splice(0).map((publisher) => publisher.stop()));
  await prisma.outbox.deleteMany();
  await prisma.entry.deleteMany();
  await prisma.inbox.deleteMany();
});
afterAll(async () => {
  await prisma.$disconnect();
  await database.stop();
});

const row = (id: string, payload: unknown = { id }): OutboxRow => ({ id, subject: 'ledger.entry.booked.v1', payload });
const numbered = (count: number, prefix = 'e') => Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(4, '0')}`);
/** A logger whose lines are kept. */
function keptLog() {
  const lines: Record<string, unknown>[] = [];
  return { lines, log: createLogger('ledger', 'debug', { write: (line) => void lines.push(JSON.parse(line)) }) };
}
const unpublished = () => prisma.outbox.count({ where: { publishedAt: null } });

function publisher(publish: (row: OutboxRow) => Promise<void>, options: Partial<ConstructorParameters<typeof OutboxPublisher>[0]> = {}) {
  const made = new OutboxPublisher({ sql: prisma, pollMs: 50, ...options, publish });
  publishers.push(made);
  made.start();
  return made;
}

describe('outbox', () => {
  it('a fact is told if and only if its transaction committed', async () => {
    const told: string[] = [];
    publisher(async ({ id }) => void told.push(id));
    await prisma.$transaction(async (tx) => {
      await tx.entry.create({ data: { id: 'kept', amount: 1n } });
      await writeOutbox(tx, row('kept'));
    });
    const undone = prisma.$transaction(async (tx) => {
      await writeOutbox(tx, row('undone'));
      throw new Error('changed my mind');
    });
    await expect(undone).rejects.toThrow('changed my mind');
    await waitFor(async () => (await unpublished()) === 0 && told.length > 0);
    expect(told).toEqual(['kept']);
  });

  it('hands over subject, payload and trace as they were written', async () => {
    const told: OutboxRow[] = [];
    const written = {
      ...row('whole', { amount: '12.30', nested: { 縁: [1, null, '"'] } }),
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    };
    await prisma.$transaction((tx) => writeOutbox(tx, written));
    publisher(async (each) => void told.push(each));
    await waitFor(() => told.length > 0);
    expect(told).toEqual([written]);
  });

  it('a commit order different from the serial order loses nothing', async () => {
    const told: string[] = [];
    const early = new pg.Client({ connectionString: database.url('ledger') });
    await early.connect();
    await early.query('BEGIN');
    // Its created_at, and any serial it would take, come before those of the row that commits first.
    await early.query(`INSERT INTO outbox (id, subject, payload) VALUES ('began-first', 's', '{}')`);
    await prisma.$transaction((tx) => writeOutbox(tx, row('committed-first')));
    publisher(async ({ id }) => void told.push(id));
    await waitFor(() => told.includes('committed-first'));
    await early.query('COMMIT');
    await early.end();
    await waitFor(() => told.includes('began-first'));
    expect(told).toEqual(['committed-first', 'began-first']);
  });

  it('is told at once when poked, also when the poke comes before the commit', async () => {
    const told: string[] = [];
    const prompt = publisher(async ({ id }) => void told.push(id), { pollMs: 60_000 });
    await waitFor(async () => (await prisma.$queryRawUnsafe<unknown[]>('SELECT 1')).length === 1);
    await prisma.$transaction(async (tx) => {
      await writeOutbox(tx, row('poked'));
      prompt.poke();
    });
    expect(await waitFor(() => told[0], { timeoutMs: 2_000 })).toBe('poked');
  });

  it('two publishers at once tell every row, and share the work', async () => {
    const ids = numbered(400);
    await prisma.outbox.createMany({ data: ids.map((id) => ({ id, subject: 's', payload: {} })) });
    const told: [string[], string[]] = [[], []];
    for (const list of told) {
      publisher(
        async ({ id }) => {
          await new Promise((resolve) => setImmediate(resolve));
          list.push(id);
        },
        { batch: 20 },
      );
    }
    await waitFor(async () => (await unpublished()) === 0);
    // The rows are locked while they are published, so that without a death none is told twice.
    expect(told.flat().sort()).toEqual(ids);
    expect(Math.min(told[0].length, told[1].length)).toBeGreaterThan(0);
  });

  it('a bus that is away loses nothing and is tried again', async () => {
    const told: string[] = [];
    let away = true;
    let tries = 0;
    const { log, lines } = keptLog();
    await prisma.outbox.createMany({ data: numbered(30).map((id) => ({ id, subject: 's', payload: {} })) });
    publisher(
      async ({ id }) => {
        tries++;
        if (away) throw Object.assign(new Error('the bus is away'), { kind: 'busy' });
        told.push(id);
      },
      { log },
    );
    await waitFor(() => tries > 60);
    expect(await unpublished()).toBe(30);
    away = false;
    await waitFor(async () => (await unpublished()) === 0);
    expect(told.sort()).toEqual(numbered(30));
    // Once for each change, however many rows and tries; and no payload.
    await waitFor(() => lines.length === 2);
    expect(lines.map(({ level, subject, msg }) => [level, subject, msg])).toEqual([
      ['warn', 's', 'events cannot be published; they wait in the outbox'],
      ['info', 's', 'events are published again'],
    ]);
  });

  it('a subject whose stream is not there does not hold up the others', async () => {
    const told: string[] = [];
    await prisma.outbox.createMany({
      data: [
        ...numbered(50, 'a').map((id) => ({ id, subject: 'no.stream', payload: {} })),
        ...numbered(20, 'b').map((id) => ({ id, subject: 'has.stream', payload: {} })),
      ],
    });
    publisher(
      async ({ id, subject }) => {
        if (subject === 'no.stream') throw Object.assign(new Error('no stream'), { kind: 'busy' });
        told.push(id);
      },
      { batch: 10 },
    );
    // Told, and a moment later marked.
    expect(await waitFor(async () => (await unpublished()) === 50)).toBe(true);
    expect(told).toHaveLength(20);
  });

  it('rows that time out do not hold up others of their subject, and are told later', async () => {
    const told: string[] = [];
    let slow = true;
    await prisma.outbox.createMany({
      data: [...numbered(4, 'bad'), ...numbered(20, 'good')].map((id) => ({ id, subject: 's', payload: {} })),
    });
    publisher(
      async ({ id }) => {
        if (slow && id.startsWith('bad')) throw Object.assign(new Error('no answer'), { kind: 'busy' });
        told.push(id);
      },
      { batch: 5, retryRowMs: 50 },
    );
    await waitFor(() => told.length === 20);
    expect(await waitFor(async () => (await unpublished()) === 4)).toBe(true);
    slow = false;
    await waitFor(async () => (await unpublished()) === 0);
  });

  it('republish has the events of the last day told again, and no older ones', async () => {
    const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);
    await prisma.outbox.createMany({
      data: [
        { id: 'before', subject: 's', payload: {}, createdAt: hoursAgo(30), publishedAt: hoursAgo(25) },
        { id: 'waited-long', subject: 's', payload: {}, createdAt: hoursAgo(30), publishedAt: hoursAgo(23) },
        { id: 'recent', subject: 's', payload: {}, publishedAt: hoursAgo(1) },
      ],
    });
    expect(await republish(prisma, { since: hoursAgo(2) })).toBe(1);
    expect(await republish(prisma)).toBe(1);
    expect(await prisma.outbox.findMany({ where: { publishedAt: null }, select: { id: true }, orderBy: { id: 'asc' } })).toEqual([
      { id: 'recent' },
      { id: 'waited-long' },
    ]);
  });

  it('rows that the bus refuses do not hold up the others', async () => {
    const told: string[] = [];
    await prisma.outbox.createMany({
      data: [...numbered(5, 'bad'), ...numbered(20, 'good')].map((id) => ({ id, subject: 's', payload: {} })),
    });
    publisher(
      async ({ id }) => {
        if (id.startsWith('bad')) throw new TypeError('no such event');
        told.push(id);
      },
      { batch: 5 },
    );
    // Told, and a moment later marked.
    expect(await waitFor(async () => (await unpublished()) === 5)).toBe(true);
    expect(told).toHaveLength(20);
  });

  it('kill -9 between publishing and marking: the row is published again, under the same id', async () => {
    await prisma.$transaction((tx) => writeOutbox(tx, row('twice')));
    const child = spawn(process.execPath, [join(import.meta.dirname, 'publish-and-hang.mjs'), database.url('ledger')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [published] = (await once(createInterface(child.stdout), 'line')) as [string];
    expect(published).toBe('twice');
    expect(await unpublished()).toBe(1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const told: string[] = [];
    publisher(async ({ id }) => void told.push(id));
    await waitFor(() => told.length > 0);
    expect(told).toEqual(['twice']);
    await waitFor(async () => (await unpublished()) === 0);
  });

  it('whatever the order of commits, failures and restarts: what was committed is told, and nothing else (property)', async () => {
    const Writer = fc.record({
      beginsAfterMs: fc.nat(15),
      takesMs: fc.nat(25),
      rows: fc.integer({ min: 1, max: 4 }),
      commits: fc.boolean(),
    });
    const Day = fc.record({
      writers: fc.array(Writer, { minLength: 1, maxLength: 12 }),
      publishers: fc.integer({ min: 1, max: 3 }),
      batch: fc.integer({ min: 1, max: 5 }),
      // Which tries of a publish fail, and how.
      failures: fc.array(fc.constantFrom('none', 'none', 'bus', 'row'), { minLength: 1, maxLength: 20 }),
      restartAfterMs: fc.nat(30),
    });
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    await fc.assert(
      fc.asyncProperty(Day, async ({ writers, publishers: count, batch, failures, restartAfterMs }) => {
        const told = new Set<string>();
        let tries = 0;
        const publish = async ({ id }: OutboxRow) => {
          const failure = failures[tries++ % failures.length];
          // Each kind of failure ends, as the bus comes back: otherwise nothing could be told.
          if (failure !== 'none' && tries < 40) throw Object.assign(new Error(failure), failure === 'bus' ? { kind: 'busy' } : {});
          told.add(id);
        };
        const begin = () =>
          Array.from({ length: count }, () => publisher(publish, { batch, pollMs: 10, retryRowMs: 2, retrySubjectMs: 10 }));
        const first = begin();
        const committed: string[] = [];
        await Promise.all([
          ...writers.map(async ({ beginsAfterMs, takesMs, rows, commits }, index) => {
            await pause(beginsAfterMs);
            const ids = numbered(rows, `w${index}-`);
            const work = prisma.$transaction(async (tx) => {
              for (const id of ids) await writeOutbox(tx, row(id));
              await pause(takesMs);
              if (!commits) throw new Error('rolled back');
            });
            await work.then(
              () => committed.push(...ids),
              () => {},
            );
          }),
          pause(restartAfterMs).then(async () => {
            await Promise.all(first.map((each) => each.stop()));
            begin();
          }),
        ]);
        await waitFor(async () => (await unpublished()) === 0, { timeoutMs: 20_000 });
        await Promise.all(publishers.splice(0).map((each) => each.stop()));
        expect([...told].sort()).toEqual(committed.sort());
        await prisma.outbox.deleteMany();
      }),
      { numRuns: 12 },
    );
  });

  it('stop lets the batch under way be marked', async () => {
    let release = () => {};
    let begun = false;
    await prisma.$transaction((tx) => writeOutbox(tx, row('slow')));
    const slow = publisher(() => {
      begun = true;
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    });
    await waitFor(() => begun);
    const stopped = slow.stop();
    release();
    await stopped;
    expect(await unpublished()).toBe(0);
  });

  it('forgets what was published long ago, and only that', async () => {
    const old = new Date(Date.now() - 48 * 3_600_000);
    await prisma.outbox.createMany({
      data: [
        { id: 'old', subject: 's', payload: {}, createdAt: old, publishedAt: old },
        { id: 'recent', subject: 's', payload: {}, publishedAt: new Date() },
      ],
    });
    await prisma.inbox.createMany({
      data: [
        { eventId: 'old', consumer: 'c', at: new Date(Date.now() - 90 * 24 * 3_600_000) },
        { eventId: 'recent', consumer: 'c' },
      ],
    });
    publisher(async () => {});
    await waitFor(async () => (await prisma.outbox.count()) === 1 && (await prisma.inbox.count()) === 1);
    expect(await prisma.outbox.findMany({ select: { id: true } })).toEqual([{ id: 'recent' }]);
    expect(await prisma.inbox.findMany({ select: { eventId: true } })).toEqual([{ eventId: 'recent' }]);
  });

  it('a database that goes away and comes back is published from again', async () => {
    const told: string[] = [];
    publisher(async ({ id }) => void told.push(id));
    const admin = new pg.Client({ connectionString: database.adminUrl });
    await admin.connect();
    await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ledger' AND datname = current_database()`);
    await admin.end();
    await waitFor(async () => {
      await prisma.$transaction((tx) => writeOutbox(tx, row('after')));
      return true;
    });
    expect(await waitFor(() => told[0])).toBe('after');
  });
});

describe('inbox', () => {
  const hear = (effect: string, eventId: string) =>
    prisma.$transaction(async (tx) => {
      if (await onceOnly(tx, { eventId, consumer: 'ledger' })) await tx.entry.create({ data: { id: effect, amount: 1n } });
    });

  it('an event delivered twice takes effect once', async () => {
    await hear('first', 'event-1');
    await hear('second', 'event-1');
    expect(await prisma.entry.findMany({ select: { id: true } })).toEqual([{ id: 'first' }]);
  });

  it('delivered twenty times at once, it takes effect once', async () => {
    await Promise.all(numbered(20, 'at-once').map((effect) => hear(effect, 'event-2')));
    expect(await prisma.entry.count()).toBe(1);
  });

  it('an effect that failed is not remembered as heard', async () => {
    const failed = prisma.$transaction(async (tx) => {
      expect(await onceOnly(tx, { eventId: 'event-3', consumer: 'ledger' })).toBe(true);
      throw new Error('broken');
    });
    await expect(failed).rejects.toThrow('broken');
    await hear('later', 'event-3');
    expect(await prisma.entry.count()).toBe(1);
  });
});
