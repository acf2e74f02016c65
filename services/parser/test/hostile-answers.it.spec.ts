/** Answers that are made to cost: what becomes of them, and what others notice of it, on real NATS and Postgres. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { waitFor } from '@enishi/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { codeOf, FILE, HTML, type KnownOrder, Run, Stage, sample } from './stage.js';

let stage: Stage;
let url: string;
/** Of a connector that is the example bank's, but for a pattern that takes for ever and limits as high as they go. */
let hostile: string;
beforeAll(async () => {
  stage = await Stage.open();
  const connector = JSON.parse(readFileSync(new URL('../../../examples/bank/connector.json', import.meta.url), 'utf8'));
  for (const request of Object.values(connector.requests) as { maxBytes: number }[]) request.maxBytes = 2_097_152;
  connector.pages.login = {
    ...connector.pages.login,
    match: { as: 'html', markers: [{ select: 'h2' }] },
    facts: { csrf: { select: 'h2', capture: '^((?:a+)+)$' } },
  };
  hostile = stage.platform.signConnector({ ...connector, id: 'hostile-bank' });
  ({ url } = await stage.startParser({ READING_THREADS: '3', READING_DEADLINE_MS: '1000', READING_WAIT_MS: '4000' }));
}, 60_000);
afterAll(async () => stage?.close(), 60_000);

interface Bomb {
  request: string;
  type: string;
  body: (size: number) => Buffer;
  /** Limits that may end it; null: it is read to its end, and is no page that anybody knows. */
  ends: (string | null)[];
}
const repeated = (text: string, bytes: number) => text.repeat(Math.floor(bytes / text.length));
const formatting = (bytes: number) =>
  `<p>${Array.from({ length: 500 }, (_, i) => `<b a${i}>`).join('')}${repeated('<p>x', Math.max(4_000, bytes - 5_000))}`;
const page = (make: (bytes: number) => string, ends: Bomb['ends']): Bomb => ({
  request: 'accounts',
  type: 'text/html; charset=utf-8',
  body: (bytes) => Buffer.from(make(bytes)),
  ends,
});
const file = (make: (bytes: number) => string | Buffer, ends: Bomb['ends']): Bomb => ({
  request: 'csv',
  type: 'text/csv; charset=utf-8',
  body: (bytes) => Buffer.from(make(bytes)),
  ends,
});
const CSV_HEADER = 'お取引日,起算日,お支払金額,お預り金額,差引残高,摘要,お取引先';
const BOMBS: Readonly<Record<string, Bomb>> = {
  formatting: page(formatting, ['nodes', 'memory']),
  nesting: page((bytes) => repeated('<div>', bytes), ['depth']),
  elements: page((bytes) => repeated('<br>', bytes), ['nodes', 'memory', null]),
  attributes: page((bytes) => `<p ${Array.from({ length: bytes / 8 }, (_, i) => i.toString(36)).join(' ')}>`, ['nodes', 'deadline', null]),
  misnesting: page((bytes) => '<a>'.repeat(200) + '<div>'.repeat(250) + repeated('</a>', bytes), ['nodes', 'deadline', null]),
  'one line': file((bytes) => `${CSV_HEADER}\n"${'x'.repeat(bytes)}`, [null]),
  commas: file((bytes) => `${CSV_HEADER}\n${','.repeat(bytes)}`, [null]),
  lines: file((bytes) => `件数,${Math.floor(bytes / 16)}\n${CSV_HEADER}\n${repeated('2026/1/1,,,1,,,\n', bytes)}`, ['output', null]),
  compressed: { ...file((bytes) => gzipSync(Buffer.alloc(bytes * 50)), [null]), type: FILE },
  pattern: {
    request: 'loginForm',
    type: 'text/html',
    body: (bytes) => Buffer.from(`<h2>${'a'.repeat(50 + (bytes % 400))}!</h2>`),
    ends: ['deadline'],
  },
};

interface Sent {
  order: KnownOrder;
  jwe: string;
}
async function sent(run: Run, { request, type, body }: { request: string; type: string; body: Buffer }): Promise<Sent> {
  const order = { ...stage.order(run, request, { account: '9E1BC8AFCE40' }), connectorHash: hostile };
  stage.orders.set(order.orderId, order);
  return { order, jwe: await stage.sealed(order, run, body, { headers: { 'content-type': type } }) };
}
async function accept(run: Run, bomb: { request: string; type: string; body: Buffer }): Promise<KnownOrder> {
  const { order, jwe } = await sent(run, bomb);
  await stage.accept(order, jwe);
  return order;
}
async function stored(order: KnownOrder) {
  const { rows } = await stage.sql.query('SELECT page, verdict, cause, detail, staged FROM received_pages WHERE order_id = $1', [
    order.orderId,
  ]);
  return rows;
}
async function metric(name: string): Promise<number> {
  const found = new RegExp(`^${name.replaceAll(/[{}"]/g, '\\$&')} (\\S+)`, 'm').exec(await (await fetch(`${url}/metrics`)).text());
  return Number(found?.[1] ?? 0);
}

describe('an answer that cannot be read', () => {
  it.each([
    ['formatting', 8_000, 'nodes'],
    ['nesting', 8_000, 'depth'],
    ['elements', 1_000_000, 'nodes'],
    ['lines', 1_000_000, 'output'],
    ['pattern', 100, 'deadline'],
  ])(
    'A5 (%s) is stored as UNKNOWN_PAGE with the limit that ended it, and taken for good: its order ends, nothing is sent again',
    async (name, bytes, limit) => {
      const { request, type, body } = BOMBS[name]!;
      const run = new Run();
      const order = await accept(run, { request, type, body: body(bytes) });
      expect(await stored(order)).toMatchObject([
        { page: null, verdict: 'unknown', cause: 'UNKNOWN_PAGE', detail: expect.stringMatching(new RegExp(`^${limit}: `)), staged: null },
      ]);
      expect(await stage.told(order.orderId)).toMatchObject([{ verdict: 'unknown', cause: 'UNKNOWN_PAGE', facts: {}, lists: {}, rows: 0 }]);
      // Nor is it read again when the terminal missed the answer.
      stage.closed.add(order.orderId);
      const endedBefore = await metric(`enishi_parser_readings_ended_total{by="${limit}"}`);
      expect(endedBefore).toBeGreaterThan(0);
      expect(await stage.accept(order, await stage.sealed(order, run, body(bytes)))).toEqual({ stored: true });
      expect(await metric(`enishi_parser_readings_ended_total{by="${limit}"}`)).toBe(endedBefore);
    },
  );
  it('A4 (larger than its order allows, from an agent that does not hold to it) is stored, and not read', async () => {
    const run = new Run();
    // As the bank's own connector has it: 131,072 bytes.
    const order = await stage.answer(run, 'accounts', Buffer.alloc(131_073, ' '), HTML);
    expect(await stored(order)).toMatchObject([
      { cause: 'UNKNOWN_PAGE', detail: expect.stringMatching(/^too_large: .*131072 bytes/), staged: null },
    ]);
  });
  it('A5 is read once, however often it comes at once', async () => {
    const run = new Run();
    const { order, jwe } = await sent(run, { ...BOMBS.pattern!, body: BOMBS.pattern!.body(100) });
    const before = await metric('enishi_parser_readings_ended_total{by="deadline"}');
    expect(await Promise.all([1, 2, 3].map(() => stage.accept(order, jwe)))).toEqual(Array(3).fill({ stored: true }));
    expect(await metric('enishi_parser_readings_ended_total{by="deadline"}')).toBe(before + 1);
  });
  it('that finds no room is not stored, and its terminal is told to come again: then it is read', async () => {
    const other = await Stage.open();
    try {
      await other.startParser({ READING_THREADS: '1', READING_QUEUE: '1' });
      const answers = await Promise.all(
        Array.from({ length: 12 }, async () => {
          const run = new Run();
          const order = other.order(run, 'accounts');
          return { order, jwe: await other.sealed(order, run, sample('accounts.html'), { headers: { 'content-type': HTML } }) };
        }),
      );
      const codes = await Promise.all(answers.map(({ order, jwe }) => codeOf(other.accept(order, jwe))));
      expect(new Set(codes)).toEqual(new Set(['no error', 'platform.not_available']));
      for (const [i, { order, jwe }] of answers.entries()) {
        expect(await other.count('received_pages', 'order_id = $1', order.orderId)).toBe(codes[i] === 'no error' ? 1 : 0);
        expect(await other.accept(order, jwe)).toEqual({ stored: true });
      }
    } finally {
      await other.close();
    }
  });
});

describe('while answers come that are made to cost', () => {
  it('A5 of every kind, in any order and size, each ends as it must, and honest ones are read beside them', async () => {
    const kinds = Object.keys(BOMBS);
    const one = fc.record({
      kind: fc.constantFrom(...kinds),
      bytes: fc.integer({ min: 8_000, max: 300_000 }),
      from: fc.constantFrom(0, 1),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 3, maxLength: 6 }), async (bombs) => {
        // Two that throw one after another, and three threads: whoever is honest finds one.
        const thrown = [0, 1].map(async (attacker) => {
          const run = new Run();
          for (const { kind, bytes } of bombs.filter(({ from }) => from === attacker)) {
            const bomb = BOMBS[kind]!;
            const [row] = await stored(await accept(run, { ...bomb, body: bomb.body(bytes) }));
            const limit = /^([a-z_]+): /.exec(row?.detail ?? '')?.[1] ?? null;
            expect({ kind, limit, allowed: bomb.ends.includes(limit) }).toMatchObject({ allowed: true });
            expect(row.cause === null || ['UNKNOWN_PAGE', 'INCOMPLETE_DATA'].includes(row.cause)).toBe(true);
          }
        });
        const order = await stage.answer(new Run(), 'accounts', sample('accounts.html'), HTML);
        expect(await stored(order)).toMatchObject([{ page: 'accounts', cause: null }]);
        await Promise.all(thrown);
      }),
      { seed: 8, numRuns: 12 },
    );
    await waitFor(async () => (await metric('enishi_parser_readings_busy')) + (await metric('enishi_parser_readings_waiting')) === 0);
  }, 60_000);
});
