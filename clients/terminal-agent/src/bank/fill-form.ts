/** Puts the user's secrets into the slots of a form. The only place where secret and order meet. */
import type { Connector, Order } from '@enishi/contracts';
import { secretSlot } from '../order/check-value.js';
import { OrderRefused } from '../order/refusal.js';
import { encodeFormText } from './form-encoding.js';

/**
 * The body of the POST, percent-encoded in the connector's charset.
 * @param secrets of this connection; undefined when the user has given none
 * @throws OrderRefused CREDENTIALS_MISSING when one is not there or not of the form that the connector asks
 */
export function fillForm(order: Order, connector: Connector, secrets: Readonly<Record<string, string>> | undefined): string | undefined {
  if (order.form === null) return undefined;
  const request = connector.requests[order.request];
  return order.form
    .map(({ name, value }) => {
      const field = request?.form[name];
      const isSlot = field !== undefined && 'secret' in field && value === secretSlot(field.secret);
      const filled = isSlot ? secretFor(field.secret, connector, secrets) : value;
      const encodedName = encodeFormText(name, connector.charset);
      const encodedValue = encodeFormText(filled, connector.charset);
      if (encodedName === undefined || encodedValue === undefined)
        throw new OrderRefused(
          'fill-form',
          `form.${name} cannot be written in ${connector.charset}`,
          isSlot ? 'CREDENTIALS_MISSING' : undefined,
        );
      return `${encodedName}=${encodedValue}`;
    })
    .join('&');
}

function secretFor(name: string, connector: Connector, secrets: Readonly<Record<string, string>> | undefined): string {
  const secret = secrets && Object.hasOwn(secrets, name) ? secrets[name] : undefined;
  if (secret === undefined) throw new OrderRefused('fill-form', `the secret ${name} is not in the vault`, 'CREDENTIALS_MISSING');
  const pattern = connector.secrets[name]?.pattern;
  if (pattern === undefined || !new RegExp(`^(?:${pattern})$`, 'u').test(secret))
    throw new OrderRefused('fill-form', `the secret ${name} has not the form that the bank asks for`, 'CREDENTIALS_MISSING');
  return secret;
}
