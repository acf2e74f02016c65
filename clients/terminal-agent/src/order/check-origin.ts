import type { Connector, ConnectorRequest, Order } from '@enishi/contracts';
import { OrderRefused } from './refusal.js';

/** The order goes to the connector's origin and the request's path, and its URL is written in one way only. */
export function checkOrigin(order: Order, connector: Connector, request: ConnectorRequest): URL {
  const url = URL.parse(order.url);
  // Equal after parsing: no other spelling of a host, no dot segments, no user info, no fragment can hide in it.
  if (!url || url.href !== order.url || url.username !== '' || url.password !== '' || order.url.includes('#'))
    throw new OrderRefused('check-origin', 'url');
  if (url.origin !== connector.origin) throw new OrderRefused('check-origin', 'origin');
  if (url.pathname !== request.path) throw new OrderRefused('check-origin', 'path');
  return url;
}
