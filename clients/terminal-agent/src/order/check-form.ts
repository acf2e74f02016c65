import type { ConnectorRequest, Order } from '@enishi/contracts';
import { fits } from './check-value.js';
import { OrderRefused } from './refusal.js';

/**
 * The form has exactly the fields of the connector, once each. A secret's slot stands only in the field that the
 * connector gives to that secret, and there nothing else stands.
 */
export function checkForm(order: Order, request: ConnectorRequest): void {
  if (request.method === 'GET') {
    if (order.form !== null) throw new OrderRefused('check-form', 'a GET has no form');
    return;
  }
  if (order.form === null) throw new OrderRefused('check-form', 'a POST has a form');
  for (const { name } of order.form)
    if (!Object.hasOwn(request.form, name)) throw new OrderRefused('check-form', 'a field that the connector does not have');
  for (const [name, field] of Object.entries(request.form)) {
    const values = order.form.filter((given) => given.name === name);
    if (values.length !== 1) throw new OrderRefused('check-form', `form.${name} must stand there once`);
    if (!fits(values[0]?.value ?? '', field)) throw new OrderRefused('check-form', `form.${name}`);
  }
}
