import type { ConnectorRequest } from '@enishi/contracts';
import { fits } from './check-value.js';
import { OrderRefused } from './refusal.js';

/** The query has exactly the keys of the connector, once each, with values that it allows. Never a secret. */
export function checkQuery(url: URL, request: ConnectorRequest): void {
  const given = [...url.searchParams.entries()];
  const names = given.map(([name]) => name);
  for (const name of names)
    if (!Object.hasOwn(request.query, name)) throw new OrderRefused('check-query', 'a key that the connector does not have');
  for (const [name, field] of Object.entries(request.query)) {
    const values = given.filter(([key]) => key === name).map(([, value]) => value);
    if (values.length !== 1) throw new OrderRefused('check-query', `query.${name} must stand there once`);
    if ('secret' in field || !fits(values[0] ?? '', field)) throw new OrderRefused('check-query', `query.${name}`);
  }
  // Several texts decode to the same pairs; only the plain one is sent.
  if (url.search !== '' && !isPlain(url.search.slice(1))) throw new OrderRefused('check-query', 'encoding');
  if (given.length === 0 && url.href.includes('?')) throw new OrderRefused('check-query', 'an empty query');
}

/** name=value pairs in percent-encoded UTF-8, nothing that a server could read in another way. */
function isPlain(search: string): boolean {
  return search.split('&').every((pair) => {
    if (!/^(?:[A-Za-z0-9\-._~!*'()+/:,]|%[0-9A-Fa-f]{2})+=(?:[A-Za-z0-9\-._~!*'()+/:,]|%[0-9A-Fa-f]{2})*$/.test(pair)) return false;
    try {
      return !/\p{Cc}/u.test(decodeURIComponent(pair));
    } catch {
      return false;
    }
  });
}
