/**
 * Makes one concrete HTTP request out of a connector's request: everything that the agent shall send, letter by
 * letter, save the secrets. The agent checks the same patterns again against the signed connector (A3).
 */
import type { Connector, FieldValue, Order } from '@enishi/contracts';
import type { QueuedOrder } from './loop-state.js';

/** Asked period, YYYY-MM-DD, both inclusive. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

export type MaterialisedRequest = Pick<
  Order,
  'request' | 'method' | 'url' | 'headers' | 'form' | 'effect' | 'maxBytes' | 'timeoutMs' | 'certificate'
>;

/** A value from the bank does not have the form that the connector promises; `place` names the field, never the value. */
export class FieldNotValid extends Error {
  constructor(readonly place: string) {
    super(`${place} does not have the form that the connector asks for`);
  }
}

/**
 * Fills the fields of `asked`. Secrets become slots, `{{secret:name}}`.
 * @throws FieldNotValid when a fact or param is missing or does not match its pattern.
 */
export function materialiseOrder(connector: Connector, asked: QueuedOrder, period: Period): MaterialisedRequest {
  const request = connector.requests[asked.request];
  if (request === undefined) throw new FieldNotValid(`requests.${asked.request}`);
  const fill = (place: string, value: FieldValue) => valueOf(`${asked.request}.${place}`, value, asked, period);

  const url = new URL(request.path, connector.origin);
  // The path is signed, but `//other.example` would still name another host.
  if (url.origin !== new URL(connector.origin).origin || url.pathname !== request.path) throw new FieldNotValid(`${asked.request}.path`);
  for (const [name, value] of Object.entries(request.query)) url.searchParams.append(name, fill(`query.${name}`, value));

  const fields = Object.entries(request.form);
  return {
    request: asked.request,
    method: request.method,
    url: url.href,
    headers: definedOnly(request.headers),
    form: request.method === 'POST' ? fields.map(([name, value]) => ({ name, value: fill(`form.${name}`, value) })) : null,
    effect: request.effect,
    maxBytes: request.maxBytes,
    timeoutMs: request.timeoutMs,
    certificate: connector.certificate,
  };
}

function valueOf(place: string, field: FieldValue, asked: QueuedOrder, period: Period): string {
  if ('literal' in field) return field.literal;
  if ('secret' in field) return `{{secret:${field.secret}}}`;
  if ('run' in field) return period[field.run].replaceAll('-', SEPARATORS[field.format]);
  const [values, name] = 'fact' in field ? [asked.facts, field.fact] : [asked.params, field.param];
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  // A bank's page must never be able to name a secret slot.
  if (value === undefined || value.includes('{{') || !new RegExp(`^(?:${field.pattern})$`, 'u').test(value)) throw new FieldNotValid(place);
  return value;
}

const SEPARATORS = { yyyyMMdd: '', 'yyyy-MM-dd': '-', 'yyyy/MM/dd': '/' } as const;

function definedOnly(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
