import { Cause, ConnectionId, MAX_ONCE_PER_DAY, OrderId, RunId } from '@enishi/contracts';
import { sha256 } from '@enishi/crypto';
import { describe, expect, it } from '@jest/globals';
import { HASH_OF_NOTHING, type JournalFact, type OrderFacts } from './journal-line.js';
import { OrderBook, SETTLED_MEMORY_MS } from './order-book.js';

const order = (facts: Partial<OrderFacts> = {}): OrderFacts => ({
  orderId: OrderId.generate(),
  runId: RunId.generate(),
  connectionId: ConnectionId.generate(),
  step: 1,
  request: 'login',
  method: 'POST',
  host: 'bank.example',
  path: '/login',
  effect: 'once',
  orderHash: sha256('order'),
  connectorHash: sha256('connector'),
  resultKey: 'aaa.bbb.ccc',
  ...facts,
});
const resultHash = sha256('result');
const refused = { kind: 'failed', cause: 'AGENT_POLICY_REFUSED', detail: 'x' } as const;
const answered = { kind: 'response', status: 200, durationMs: 1 } as const;
/** Time of a line: so many seconds after the first. */
const at = (seconds: number) => new Date(Date.UTC(2026, 10, 25) + seconds * 1_000).toISOString();

/** The book after these lines, of which each came a second after the one before, or at the given time. */
function bookOf(...facts: readonly (JournalFact & { at?: string })[]): OrderBook {
  const book = new OrderBook();
  facts.forEach((fact, index) => book.apply({ n: index + 1, at: at(index), prev: HASH_OF_NOTHING, ...fact }));
  return book;
}
const started = (one: OrderFacts) => ({ what: 'started', order: one }) as const;
const done = (one: OrderFacts, outcome: typeof answered | { readonly kind: 'failed'; readonly cause: Cause; readonly detail: string }) =>
  ({ what: 'done', order: one, outcome, bytes: 0, resultHash }) as const;

describe('the book of orders', () => {
  it('A3 counts the logins of a connection, and neither its reads nor the logins of another', () => {
    const [login, read] = [order(), order({ effect: 'read', method: 'GET' })];
    const book = bookOf(started(login), started(order()), started({ ...read, connectionId: login.connectionId }));
    expect(book.onceBegunOf(login.connectionId)).toEqual([at(0)]);
    expect(book.once()).toHaveLength(2);
  });

  it('A3 keeps as many logins of each connection as any connector allows, the latest, whatever others do', () => {
    const [busy, quiet] = [order(), order()];
    const logins = Array.from({ length: MAX_ONCE_PER_DAY + 1 }, () => started(order({ connectionId: busy.connectionId })));
    const book = bookOf(started(quiet), ...logins);
    expect(book.onceBegunOf(quiet.connectionId)).toEqual([at(0)]);
    expect(book.onceBegunOf(busy.connectionId)).toEqual(logins.slice(1).map((_, index) => at(index + 2)));
  });

  it('A3 takes off the one login that was refused, also when another began at the same moment', () => {
    const [one, other] = [order(), order()];
    const book = bookOf({ ...started(one), at: at(0) }, { ...started(other), at: at(0) }, done(one, refused));
    expect(book.once()).toEqual([{ orderId: other.orderId, connectionId: other.connectionId, at: at(0) }]);
  });

  it('A3 takes nothing off for a refusal of what was never begun', () => {
    const [login, unknown] = [order(), order()];
    const book = bookOf(started(login), done(unknown, refused));
    expect(book.onceBegunOf(login.connectionId)).toEqual([at(0)]);
    expect(book.find(unknown.orderId)).toEqual({ state: 'done', order: unknown, at: at(1), resultHash });
  });

  it('A3 takes off a login that never left the PC, and none that was answered or may have been', () => {
    const neverSent: readonly Cause[] = [
      ...(['AGENT_POLICY_REFUSED', 'CERT_MISSING', 'CERT_EXPIRED', 'CREDENTIALS_MISSING'] as const),
      ...(['CERT_UNUSABLE', 'PC_NETWORK_DOWN', 'PC_NETWORK_BLOCKED', 'PC_DISK_FULL', 'AGENT_FAILED'] as const),
      ...(['BANK_TLS_CHANGED', 'BANK_TLS_UNKNOWN', 'BANK_DOWN', 'BANK_TIMEOUT'] as const),
    ];
    const login = order();
    for (const cause of Cause.options) {
      const book = bookOf(started(login), done(login, { kind: 'failed', cause, detail: 'x' }));
      expect([cause, book.once().length]).toEqual([cause, neverSent.includes(cause) ? 0 : 1]);
    }
    expect(bookOf(started(login), done(login, answered)).once()).toHaveLength(1);
  });

  it('A3 takes off nothing for a refusal that comes after the end, and only the last of two logins under one id', () => {
    const login = order();
    expect(bookOf(started(login), done(login, answered), done(login, refused)).once()).toHaveLength(1);
    const inOneMoment = [started(login), done(login, answered), done(login, refused)].map((fact) => ({ ...fact, at: at(0) }));
    expect(bookOf(...inOneMoment).once()).toHaveLength(1);
    const twice = [started(login), done(login, answered), started(login)];
    expect(bookOf(...twice).onceBegunOf(login.connectionId)).toEqual([at(0), at(2)]);
    expect(bookOf(...twice, done(login, refused)).onceBegunOf(login.connectionId)).toEqual([at(0)]);
  });

  it('A3 counts the logins that only an earlier segment held', () => {
    const { orderId, connectionId } = order();
    const book = bookOf({ what: 'continued', open: [], settled: [], once: [{ orderId, connectionId, at: at(0) }] });
    expect(book.onceBegunOf(connectionId)).toEqual([at(0)]);
  });

  it('A3 counts a login once that a later segment tells again', () => {
    const login = order();
    const { orderId, connectionId } = login;
    const book = bookOf(started(login), { what: 'continued', open: [], settled: [], once: [{ orderId, connectionId, at: at(0) }] });
    expect(book.onceBegunOf(connectionId)).toEqual([at(0)]);
  });

  it('knows where each order stands: begun, its result waiting, or at an end', () => {
    const [begun, waiting, delivered, discarded] = [order(), order(), order(), order()];
    const book = bookOf(
      ...[begun, waiting, delivered, discarded].map(started),
      ...[waiting, delivered, discarded].map((one) => done(one, answered)),
      { what: 'delivered', orderId: delivered.orderId },
      { what: 'discarded', orderId: discarded.orderId, code: 'x' },
      { what: 'ignored', orderId: OrderId.generate(), rule: 'x', detail: 'x' },
      { what: 'recovered', lostBytes: 1 },
    );
    const open = [
      { state: 'started', order: begun, at: at(0) },
      { state: 'done', order: waiting, at: at(4), resultHash },
    ];
    expect(book.open()).toEqual(open);
    expect([begun, waiting, delivered, discarded].map(({ orderId }) => book.find(orderId))).toEqual([
      ...open,
      { state: 'settled', at: at(7) },
      { state: 'settled', at: at(8) },
    ]);
    const told = { what: 'continued' as const, once: [] };
    const further = bookOf({
      ...told,
      open: [
        { order: begun, at: at(0), resultHash: null },
        { order: waiting, at: at(4), resultHash },
      ],
      settled: [{ orderId: delivered.orderId, at: at(7) }],
    });
    expect(further.open()).toEqual(open);
    expect(further.find(delivered.orderId)).toEqual({ state: 'settled', at: at(7) });
  });

  it('gives what came to its end since a moment, that moment included', () => {
    // No run lives longer than 60 minutes.
    expect(SETTLED_MEMORY_MS).toBeGreaterThan(60 * 60_000);
    const orders = [order(), order(), order()];
    const book = bookOf(...orders.map(({ orderId }) => ({ what: 'delivered', orderId }) as const), started(order()));
    expect(book.settledSince(new Date(at(1)))).toEqual([
      { orderId: orders[1]?.orderId, at: at(1) },
      { orderId: orders[2]?.orderId, at: at(2) },
    ]);
  });
});
