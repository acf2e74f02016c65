/** Is the platform well? The golden signals of all services, and whether our promises hold. */
import { dashboard } from '../dashboard.js';
import { NAMESPACE, RANGE, stat, timeseries } from '../panels.js';
import { ALL_SERVICES, causesOf, quantile, STREAMS, select, sumRate } from '../promql.js';
import { ALERTS } from '../rules/alerts.js';
import { budgetUse, HTTP_ERRORS, HTTP_SLOW, RUNS_FAILED_BY_US, recorded } from '../slo.js';

/** Another team's alerts may be in the same Prometheus. */
const OURS = ALERTS.flatMap(({ rules }) => rules.map(({ alert }) => alert)).join('|');
const REQUESTS = 'enishi_http_request_duration_seconds';
const ended = (...matchers: string[]) => sumRate(select('enishi_runs_ended_total', NAMESPACE, ...matchers), RANGE);

export const overview = dashboard({
  uid: 'enishi-overview',
  title: 'Platform overview',
  description: 'The golden signals of all services: latency, traffic, errors, saturation; and our promises.',
  chooses: ['namespace'],
  rows: [
    {
      title: 'Now',
      panels: [
        stat({
          title: 'Alerts firing',
          description: 'Alerts of the platform that fire now; each has its section in docs/operations.md.',
          unit: 'short',
          badFrom: 1,
          queries: [{ expr: `count(ALERTS{alertstate="firing",alertname=~"${OURS}"}) or vector(0)`, legend: 'firing' }],
        }),
        stat({
          title: 'Replicas up',
          description: 'Replicas that Prometheus reaches, of all that Kubernetes names.',
          unit: 'percentunit',
          badBelow: 1,
          queries: [{ expr: `avg(${select('up', NAMESPACE, `service=~"${ALL_SERVICES}"`)})`, legend: 'up' }],
        }),
        stat({
          title: 'Error budget in use',
          description: 'Part of the error budget that goes when all stays like in the last three days; above 1 the promise is broken.',
          unit: 'percentunit',
          badFrom: 1,
          queries: [{ expr: `max(${budgetUse(HTTP_ERRORS, NAMESPACE)})`, legend: 'requests' }],
        }),
        stat({
          title: 'Latency budget in use',
          description: 'The same for requests that take longer than promised.',
          unit: 'percentunit',
          badFrom: 1,
          queries: [{ expr: `max(${budgetUse(HTTP_SLOW, NAMESPACE)})`, legend: 'latency' }],
        }),
        stat({
          title: 'Run budget in use',
          description: 'The same for runs that fail by a cause that only we can mend.',
          unit: 'percentunit',
          badFrom: 1,
          queries: [{ expr: `max(${budgetUse(RUNS_FAILED_BY_US, NAMESPACE)})`, legend: 'runs' }],
        }),
        stat({
          title: 'Terminals attached',
          description: 'PCs that hold a link to a relay now.',
          unit: 'short',
          queries: [{ expr: `sum(${select('enishi_terminals_attached', NAMESPACE)})`, legend: 'terminals' }],
        }),
      ],
    },
    {
      title: 'Golden signals',
      panels: [
        timeseries({
          title: 'Latency (p99)',
          description: 'Time within which 99 of 100 requests are answered, by service and without event streams; dots lead to traces.',
          unit: 's',
          queries: [{ expr: quantile(0.99, REQUESTS, [NAMESPACE, `operation!~"${STREAMS}"`], RANGE, 'service'), legend: '{{service}}' }],
        }),
        timeseries({
          title: 'Traffic',
          description: 'Requests a second at the HTTP doors, by service.',
          unit: 'reqps',
          queries: [{ expr: sumRate(select(`${REQUESTS}_count`, NAMESPACE), RANGE, 'service'), legend: '{{service}}' }],
        }),
        timeseries({
          title: 'Errors',
          description: 'Part of the requests that were answered with 5xx, by service; more than 0.1 % breaks the promise.',
          unit: 'percentunit',
          limit: 0.001,
          queries: [{ expr: select(recorded(HTTP_ERRORS, '5m'), NAMESPACE), legend: '{{service}}' }],
        }),
        timeseries({
          title: 'Saturation: event loop',
          description: 'How late the event loop is (p99), the slowest replica of each service; above 0.1 s everything waits.',
          unit: 's',
          limit: 0.1,
          queries: [{ expr: `max by (service) (${select('enishi_nodejs_eventloop_lag_p99_seconds', NAMESPACE)})`, legend: '{{service}}' }],
        }),
        timeseries({
          title: 'Saturation: processor',
          description: 'Cores that each service uses, all replicas together; one replica cannot use much more than one.',
          unit: 'short',
          queries: [{ expr: sumRate(select('enishi_process_cpu_seconds_total', NAMESPACE), RANGE, 'service'), legend: '{{service}}' }],
        }),
        timeseries({
          title: 'Saturation: memory',
          description: 'Memory of the largest replica of each service; compare it with the limit of its pod.',
          unit: 'bytes',
          queries: [{ expr: `max by (service) (${select('enishi_process_resident_memory_bytes', NAMESPACE)})`, legend: '{{service}}' }],
        }),
      ],
    },
    {
      title: 'Aggregation',
      panels: [
        timeseries({
          title: 'Runs that end, by who can mend it',
          description: 'Runs a second: finished, or failed by a cause that the user, the bank, the PC or we ourselves can mend.',
          unit: 'ops',
          stacked: true,
          width: 12,
          queries: [
            { expr: ended('outcome="finished"'), legend: 'finished' },
            ...(['user', 'bank', 'agent', 'us'] as const).map((actor) => ({
              expr: ended('outcome="failed"', `cause=~"${causesOf(actor)}"`),
              legend: `failed: ${actor}`,
            })),
          ],
        }),
        timeseries({
          title: 'Facts that wait',
          description: 'Age of the oldest fact that is not published yet, by service; a minute is too long.',
          unit: 's',
          limit: 60,
          width: 12,
          queries: [{ expr: `max by (service) (${select('enishi_outbox_lag_seconds', NAMESPACE)})`, legend: '{{service}}' }],
        }),
      ],
    },
  ],
});
