/** The pieces of PromQL that rules and dashboards share. What the contracts know is taken from them, never typed again. */
import { CAUSES, ROUTES, SERVICES } from '@enishi/contracts';

type Actor = (typeof CAUSES)[keyof typeof CAUSES]['actor'];

/** `a|b|c`, for a matcher `=~`. */
const anyOf = (values: readonly string[]): string => values.join('|');

/** The causes that `actor` can mend; `us` is the platform's own fault. */
export function causesOf(actor: Actor): string {
  return anyOf(
    Object.entries(CAUSES)
      .filter(([, facts]) => facts.actor === actor)
      .map(([cause]) => cause),
  );
}

/** Which answers of a bank say that its site is not the one that the connector describes. */
export const SITE_CHANGED: string = anyOf(['UNKNOWN_PAGE', 'SITE_CHANGED'] satisfies (keyof typeof CAUSES)[]);

export const ALL_SERVICES: string = anyOf(SERVICES);

/** A stream lasts as long as its reader likes: it says nothing about latency. */
export const STREAMS: string = anyOf(ROUTES.filter(({ responds }) => responds === 'event-stream').map(({ operationId }) => operationId));

/** `metric{a="b",c="d"}`; absent matchers are left out. */
export function select(metric: string, ...matchers: readonly string[]): string {
  return matchers.length === 0 ? metric : `${metric}{${matchers.join(',')}}`;
}

/** Sum of the rates a second of a counter. `range` is a duration, or Grafana's `$__rate_interval`. */
export function sumRate(selector: string, range: string, ...by: readonly string[]): string {
  return `sum${grouping(by)}(rate(${selector}[${range}]))`;
}

/** A quantile of a histogram, named without `_bucket`. */
export function quantile(q: number, histogram: string, matchers: readonly string[], range: string, ...by: readonly string[]): string {
  return `histogram_quantile(${q}, ${sumRate(select(`${histogram}_bucket`, ...matchers), range, 'le', ...by)})`;
}

/**
 * By how much a counter has grown, the first event of a new series counted too. `increase` alone misses it: a series with
 * labels appears at its first event, already at 1. (A Prometheus that was away at the start of the range counts a series
 * as new that is not: rather one ticket too many.)
 */
export function increaseFromFirst(selector: string, range: string, ...by: readonly string[]): string {
  return `sum${grouping(by)}((${selector} unless ${selector} offset ${range}) or increase(${selector}[${range}]))`;
}

function grouping(by: readonly string[]): string {
  return by.length === 0 ? '' : ` by (${by.join(', ')}) `;
}
