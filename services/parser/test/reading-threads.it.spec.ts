/** The threads that read, as real threads: what one answer may cost, and who waits for it. */
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { Connector } from '@enishi/contracts';
import { AppError } from '@enishi/errors';
import { waitFor } from '@enishi/testing';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { ReadAnswer } from '../src/reading-threads/reading-job.js';
import { type ReadingLimits, ReadingThreads } from '../src/reading-threads/reading-threads.js';

const BANK = new URL('../../../examples/bank/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, BANK));
const connector = Connector.parse(JSON.parse(read('connector.json').toString()));
for (const request of Object.values(connector.requests)) request.maxBytes = 2_097_152;
/** Signed by mistake: this pattern takes longer than anybody lives on `aaaa…!`. */
const endless = structuredClone(connector);
endless.pages.login = {
  ...endless.pages.login!,
  match: { as: 'html', status: 200, markers: [{ select: 'h2' }] },
  facts: { csrf: { select: 'h2', capture: '^((?:a+)+)$', optional: false } },
};

const LIMITS: ReadingLimits = { threads: 1, deadlineMs: 4_000, memoryMb: 96, maxNodes: 100_000, waiting: 64, waitMs: 30_000 };
let open: ReadingThreads[] = [];
let told: string[] = [];
let underWay = { busy: 0, waiting: 0 };
afterEach(async () => {
  await Promise.all(open.splice(0).map((threads) => threads.onApplicationShutdown()));
  told = [];
});

async function start(limits: Partial<ReadingLimits> = {}): Promise<ReadingThreads> {
  const threads = await ReadingThreads.start(
    { ...LIMITS, ...limits },
    {
      readingsUnderWay: (busy, waiting) => {
        underWay = { busy, waiting };
      },
      readingEnded: (by) => told.push(by),
      readingPutOff: (why) => told.push(why),
      readerFailed: () => told.push('reader failed'),
      threadFailed: () => told.push('thread failed'),
    },
  );
  open.push(threads);
  return threads;
}

const html = (request: string, body: Uint8Array, by = connector) => ({
  connector: by,
  asked: { request, params: {}, fetchedOn: '2026-11-20' },
  response: { status: 200, headers: { 'content-type': 'text/html; charset=Shift_JIS' }, body },
});
const HONEST = html('accounts', read('samples/accounts.html'));
/** Takes all the time that it is given. */
const ENDLESS = html('loginForm', Buffer.from(`<h2>${'a'.repeat(100)}!</h2>`), endless);
const names = async (readings: Promise<ReadAnswer>[]) => (await Promise.all(readings)).map(({ page, ended }) => page ?? ended);
const codeOf = (reading: Promise<ReadAnswer>) =>
  reading.then(
    () => 'no error',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );

describe('one answer', () => {
  it('is read in a thread as it is read anywhere', async () => {
    const threads = await start();
    expect(await threads.read('a', HONEST)).toMatchObject({ page: 'accounts', verdict: 'not_a_statement', ended: null });
    expect(told).toEqual(['read']);
    expect(underWay).toEqual({ busy: 0, waiting: 0 });
  });
  it('that takes longer than its deadline is ended with its thread, and another thread reads the next', async () => {
    const threads = await start({ deadlineMs: 200 });
    expect(await threads.read('a', ENDLESS)).toMatchObject({
      page: null,
      cause: 'UNKNOWN_PAGE',
      detail: 'deadline: it took longer than 200 ms',
      ended: 'deadline',
      staged: null,
    });
    expect(await threads.read('a', HONEST)).toMatchObject({ page: 'accounts' });
    expect(told).toEqual(['deadline', 'read']);
  });
  it('is given processor time, not time on the clock: a thread that gets no processor is waited for, five times as long', async () => {
    const threads = await start({ deadlineMs: 200 });
    const starved = jest.spyOn(Worker.prototype, 'cpuUsage').mockResolvedValue({ user: 0, system: 0 });
    try {
      const from = performance.now();
      expect(await threads.read('a', ENDLESS)).toMatchObject({ ended: 'deadline' });
      expect(performance.now() - from).toBeGreaterThanOrEqual(990);
    } finally {
      starved.mockRestore();
    }
  });
  it('that has used its processor time is ended at the first look, not after five times its deadline', async () => {
    const threads = await start({ deadlineMs: 1_000 });
    const cpu = jest.spyOn(Worker.prototype, 'cpuUsage').mockResolvedValueOnce({ user: 0, system: 0 });
    cpu.mockResolvedValue({ user: 900_000, system: 100_000 });
    try {
      const from = performance.now();
      expect(await threads.read('a', ENDLESS)).toMatchObject({ ended: 'deadline' });
      expect(performance.now() - from).toBeLessThan(4_000);
    } finally {
      cpu.mockRestore();
    }
  });
  it('that needs more memory than a thread has is ended with its thread; this process lives, and another thread reads the next', async () => {
    const threads = await start({ memoryMb: 32, maxNodes: 2_000_000 });
    expect(await threads.read('a', html('accounts', Buffer.from('<p>'.repeat(600_000))))).toMatchObject({
      cause: 'UNKNOWN_PAGE',
      detail: 'memory: it needs more than 32 MiB',
      ended: 'memory',
    });
    expect(await threads.read('a', HONEST)).toMatchObject({ page: 'accounts' });
  });
  it('has as many elements as the settings say', async () => {
    const threads = await start({ maxNodes: 1_000 });
    expect(await threads.read('a', html('accounts', Buffer.from('<p>'.repeat(1_000))))).toMatchObject({ ended: 'nodes' });
  });
  it('that breaks the reader is kept as one that nobody knows, and the thread reads on', async () => {
    const threads = await start();
    const none = { ...connector, requests: null as never };
    expect(await threads.read('a', { ...HONEST, connector: none })).toMatchObject({ cause: 'UNKNOWN_PAGE', ended: 'broken' });
    expect(await threads.read('a', HONEST)).toMatchObject({ page: 'accounts' });
    expect(told).toEqual(['reader failed', 'broken', 'read']);
  });
  it('does not hold up this process, whatever it costs', async () => {
    const threads = await start({ deadlineMs: 500 });
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 10);
    await threads.read('a', ENDLESS);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(10);
  });
});

describe('who waits for whom', () => {
  it("of one owner one answer is read at a time: another's is read meanwhile", async () => {
    const threads = await start({ threads: 2, deadlineMs: 1_000 });
    const order: string[] = [];
    const note = (name: string) => () => order.push(name);
    await Promise.all([
      threads.read('a', ENDLESS).then(note('a 1')),
      threads.read('a', ENDLESS).then(note('a 2')),
      threads.read('b', HONEST).then(note('b')),
    ]);
    expect(order).toEqual(['b', 'a 1', 'a 2']);
  });
  it('owners whose answers had to be ended leave one thread to all others', async () => {
    const threads = await start({ threads: 2, deadlineMs: 1_500 });
    await Promise.all(['x', 'y'].map((owner) => threads.read(owner, ENDLESS)));
    const bombs = ['x', 'y'].map((owner) => threads.read(owner, ENDLESS));
    // One of the two waits, and a thread is free.
    await waitFor(() => underWay.busy === 1 && underWay.waiting === 1);
    expect(await names([threads.read('a', HONEST)])).toEqual(['accounts']);
    expect(underWay).toEqual({ busy: 1, waiting: 1 });
    expect(await names(bombs)).toEqual(['deadline', 'deadline']);
  });
  it('owners whose answers had to be ended come after those who came later', async () => {
    const threads = await start({ deadlineMs: 300 });
    await threads.read('x', ENDLESS);
    const order: string[] = [];
    const note = (name: string) => () => order.push(name);
    await Promise.all([
      threads.read('a', ENDLESS).then(note('a')),
      threads.read('x', HONEST).then(note('x')),
      threads.read('b', HONEST).then(note('b')),
    ]);
    expect(order).toEqual(['a', 'b', 'x']);
  });
  it('no more wait than the settings say: one more is told to come again', async () => {
    const threads = await start({ waiting: 2, deadlineMs: 500 });
    const first = threads.read('a', ENDLESS);
    const others = ['b', 'c', 'd'].map((owner) => codeOf(threads.read(owner, HONEST)));
    expect(await Promise.all(others)).toEqual(['no error', 'no error', 'platform.not_available']);
    expect((await first).ended).toBe('deadline');
    expect(told).toEqual(['queue_full', 'deadline', 'read', 'read']);
  });
  it('of one owner no more wait than eight, so that there is room for others', async () => {
    const threads = await start({ deadlineMs: 500 });
    const own = Array.from({ length: 10 }, (_, i) => codeOf(threads.read('a', i === 0 ? ENDLESS : HONEST)));
    const other = codeOf(threads.read('b', HONEST));
    expect((await Promise.all(own)).filter((code) => code === 'platform.not_available')).toHaveLength(1);
    expect(await other).toBe('no error');
  });
  it('all that wait are 16 MiB at most', async () => {
    const threads = await start({ deadlineMs: 500 });
    const large = html('accounts', Buffer.alloc(2_097_152, ' '));
    const codes = Array.from({ length: 10 }, (_, i) => codeOf(threads.read(`owner ${i}`, i === 0 ? ENDLESS : large)));
    expect((await Promise.all(codes)).filter((code) => code === 'platform.not_available')).toHaveLength(1);
  });
  it('none waits longer than the settings say', async () => {
    const threads = await start({ waitMs: 100, deadlineMs: 600 });
    const first = threads.read('a', ENDLESS);
    expect(await codeOf(threads.read('b', HONEST))).toBe('platform.not_available');
    expect(told).toEqual(['waited_too_long']);
    expect((await first).ended).toBe('deadline');
  });
});

describe('the end', () => {
  it('tells whoever waits or is read to come again, and leaves no thread behind', async () => {
    const threads = await start();
    const codes = [ENDLESS, HONEST].map((job, i) => codeOf(threads.read(`owner ${i}`, job)));
    await threads.onApplicationShutdown();
    expect(await Promise.all(codes)).toEqual(['platform.not_available', 'platform.not_available']);
    expect(await codeOf(threads.read('a', HONEST))).toBe('platform.not_available');
    open = [];
  });
});
