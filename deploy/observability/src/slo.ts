/** What we promise, and the windows in which a broken promise is noticed (Google, The Site Reliability Workbook, chapter 5). */
import { causesOf, STREAMS, select, sumRate } from './promql.js';

export interface Slo {
  /** Begins the alerts' names: `<alert>BurnsFast`, `<alert>BurnsSlowly`. */
  readonly alert: string;
  /** Recorded as `<record>:ratio_rate<window>`. */
  readonly record: string;
  readonly by: readonly string[];
  /** The part of all that must be good, for example 0.999. */
  readonly objective: number;
  /** Bad events a second. Zero, not absent, while all is good. */
  bad(window: string): string;
  total(window: string): string;
  /** So many bad events make an alert at least: of three requests in a night, one that failed is no burning budget. */
  readonly leastBad: number;
  /** What goes wrong, for people; and of what the alert's value is the part. */
  readonly summary: string;
  readonly what: string;
}

/** The bound is a bucket that is no whole number: Prometheus 2 keeps le="1", Prometheus 3 makes it le="1.0". */
const SLOW_SECONDS = '0.5';
const REQUESTS = 'enishi_http_request_duration_seconds';
const notStreams = `operation!~"${STREAMS}"`;

export const HTTP_ERRORS: Slo = {
  alert: 'HttpErrorBudget',
  record: 'service:enishi_http_errors',
  by: ['namespace', 'service'],
  objective: 0.999,
  total: (window) => sumRate(`${REQUESTS}_count`, window, 'namespace', 'service'),
  bad: (window) => {
    const all = sumRate(`${REQUESTS}_count`, window, 'namespace', 'service');
    return `(${sumRate(select(`${REQUESTS}_count`, 'status=~"5.."'), window, 'namespace', 'service')} or 0 * ${all})`;
  },
  leastBad: 5,
  summary: 'Requests to {{ $labels.service }} fail',
  what: 'of the requests to {{ $labels.service }} were answered with 5xx',
};

export const HTTP_SLOW: Slo = {
  alert: 'HttpLatencyBudget',
  record: 'service:enishi_http_slow',
  by: ['namespace', 'service'],
  objective: 0.99,
  total: (window) => sumRate(select(`${REQUESTS}_count`, notStreams), window, 'namespace', 'service'),
  bad: (window) =>
    `(${sumRate(select(`${REQUESTS}_count`, notStreams), window, 'namespace', 'service')} - ${sumRate(select(`${REQUESTS}_bucket`, `le="${SLOW_SECONDS}"`, notStreams), window, 'namespace', 'service')})`,
  leastBad: 20,
  summary: 'Requests to {{ $labels.service }} are slow',
  what: `of the requests to {{ $labels.service }} took longer than ${SLOW_SECONDS} s`,
};

export const RUNS_FAILED_BY_US: Slo = {
  alert: 'RunErrorBudget',
  record: 'namespace:enishi_runs_failed_by_us',
  by: ['namespace'],
  objective: 0.99,
  total: (window) => sumRate('enishi_runs_ended_total', window, 'namespace'),
  bad: (window) =>
    `(${sumRate(select('enishi_runs_ended_total', 'outcome="failed"', `cause=~"${causesOf('us')}"`), window, 'namespace')} or 0 * ${sumRate('enishi_runs_ended_total', window, 'namespace')})`,
  leastBad: 3,
  summary: 'Runs fail by our own fault',
  what: 'of all runs failed by a cause that only we can mend',
};

export const SLOS: readonly Slo[] = [HTTP_ERRORS, HTTP_SLOW, RUNS_FAILED_BY_US];

interface Burn {
  readonly long: Window;
  /** Makes the alert end soon after the trouble. */
  readonly short: Window;
  /** How many times faster than allowed the budget of 30 days is used up. */
  readonly factor: number;
}
/** Fast: 2 % of the budget in an hour, or 5 % in six: somebody gets up. Slow: 10 % in a day or in three: a ticket. */
export const FAST: readonly Burn[] = [
  { long: '1h', short: '5m', factor: 14.4 },
  { long: '6h', short: '30m', factor: 6 },
];
export const SLOW: readonly Burn[] = [
  { long: '1d', short: '2h', factor: 3 },
  { long: '3d', short: '6h', factor: 1 },
];

export type Window = keyof typeof WINDOW_SECONDS;
export const WINDOW_SECONDS = {
  '5m': 300,
  '30m': 1_800,
  '1h': 3_600,
  '2h': 7_200,
  '6h': 21_600,
  '1d': 86_400,
  '3d': 259_200,
} as const;

export const recorded = (slo: Slo, window: Window): string => `${slo.record}:ratio_rate${window}`;

/** The budget, as the part of all that may be bad, without the noise of binary fractions. */
export const budgetOf = (slo: Slo): number => Number((1 - slo.objective).toFixed(6));

/** Which part of the budget is used up when it goes on like in the last three days; above 1, the promise is broken. */
export const budgetUse = (slo: Slo, ...matchers: readonly string[]): string =>
  `${select(recorded(slo, '3d'), ...matchers)} / ${budgetOf(slo)}`;
