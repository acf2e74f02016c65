import type { ConnectorRequest, Order } from '@enishi/contracts';
import { OrderRefused } from './refusal.js';

/** The headers are the connector's, to the letter. Host, cookies, length and type are the agent's own business. */
export function checkHeaders(order: Order, request: ConnectorRequest): void {
  const allowed: Record<string, string | undefined> = request.headers;
  for (const [name, value] of Object.entries(order.headers))
    if (!Object.hasOwn(allowed, name) || allowed[name] !== value)
      throw new OrderRefused('check-headers', 'a header that the connector does not have');
  for (const name of Object.keys(allowed))
    if (!Object.hasOwn(order.headers, name)) throw new OrderRefused('check-headers', `headers.${name} is missing`);
}
