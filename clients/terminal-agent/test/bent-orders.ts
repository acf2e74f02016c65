/** Changes to a good order for `login`, none of which its connector allows. */
import type { ConnectionId, Order } from '@enishi/contracts';
import fc from 'fast-check';

/**
 * @param base signed as it is, it would be followed
 * @param otherBank a connection of another bank, when the terminal has one
 */
export function bentOrders(base: Order, otherBank: ConnectionId = base.connectionId): fc.Arbitrary<Partial<Order>> {
  const text = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.constantFrom('{{secret:password}}', 'https://bank.example/top', 'POST', 'GET', '口座'),
  );
  const changes: fc.Arbitrary<Partial<Order>> = fc.oneof(
    fc.record({
      url: fc.oneof(
        fc.webUrl({ validSchemes: ['https'] }),
        fc.string({ maxLength: 8 }).map((tail) => base.url + tail),
      ),
    }),
    fc.record({ headers: fc.dictionary(fc.constantFrom('accept', 'accept-language', 'host', 'x'), text, { maxKeys: 3 }) }),
    fc.record({ request: fc.constantFrom('top', 'rows', 'logout', 'toString') }),
    fc.record({ certificate: fc.record({ issuer: text }) }),
    fc.record({ connectionId: fc.constant(otherBank) }),
    fc.record({ maxBytes: fc.integer({ min: 1_001, max: 10_000_000 }) }),
    fc.record({ timeoutMs: fc.integer({ min: 5_001, max: 10_000_000 }) }),
    fc.record({
      form: fc.array(fc.record({ name: fc.constantFrom('csrf', 'userId', 'password', 'next', 'amount'), value: text }), { maxLength: 5 }),
    }),
    fc.record({ connector: text }),
    fc.record({ issuedAt: fc.integer({ min: 0, max: Math.floor(Date.now() / 1000) - 400 }) }),
    fc.constantFrom<Partial<Order>>({ method: 'GET' }, { effect: 'read' }, { form: null }),
  );
  return changes.filter((change) => JSON.stringify({ ...base, ...change }) !== JSON.stringify(base));
}
