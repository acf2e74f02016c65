import type { Connector, ConnectorRequest, Order } from '@enishi/contracts';
import { OrderRefused } from './refusal.js';

/** The order asks for a request of the connector: its method, its effect, and no more bytes or time than it allows. */
export function checkRequest(order: Order, connector: Connector): ConnectorRequest {
  const request = Object.hasOwn(connector.requests, order.request) ? connector.requests[order.request] : undefined;
  if (!request) throw new OrderRefused('check-request', 'request');
  if (order.method !== request.method) throw new OrderRefused('check-request', 'method');
  if (order.effect !== request.effect) throw new OrderRefused('check-request', 'effect');
  if (order.maxBytes > request.maxBytes) throw new OrderRefused('check-request', 'maxBytes');
  if (order.timeoutMs > request.timeoutMs) throw new OrderRefused('check-request', 'timeoutMs');
  return request;
}
