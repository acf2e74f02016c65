/** One service: rate, errors and duration of what it answers, and what its processes use. */
import { dashboard } from '../dashboard.js';
import { heatmap, NAMESPACE, RANGE, SERVICE, timeseries } from '../panels.js';
import { quantile, STREAMS, select, sumRate } from '../promql.js';

const HTTP = 'enishi_http_request_duration_seconds';
const chosen = (metric: string, ...matchers: string[]) => select(metric, NAMESPACE, SERVICE, ...matchers);
const worst = (metric: string) => `max by (service, pod) (${chosen(metric)})`;
const POD = '{{service}} {{pod}}';

export const service = dashboard({
  uid: 'enishi-service',
  title: 'Service (RED)',
  description: 'Rate, errors and duration of one service, at its HTTP door and on the bus; its processes.',
  chooses: ['namespace', 'service'],
  rows: [
    {
      title: 'HTTP',
      panels: [
        timeseries({
          title: 'Rate',
          description: 'Requests a second, by operation.',
          unit: 'reqps',
          queries: [{ expr: sumRate(chosen(`${HTTP}_count`), RANGE, 'operation'), legend: '{{operation}}' }],
        }),
        timeseries({
          title: 'Errors',
          description: 'Requests a second that were answered with 4xx (the asker) or 5xx (we), by operation and status.',
          unit: 'reqps',
          queries: [
            {
              expr: sumRate(chosen(`${HTTP}_count`, 'status=~"[45].."'), RANGE, 'operation', 'status'),
              legend: '{{operation}} {{status}}',
            },
          ],
        }),
        timeseries({
          title: 'Duration (p95)',
          description: 'Time within which 95 of 100 requests are answered, by operation; dots lead to traces.',
          unit: 's',
          queries: [
            { expr: quantile(0.95, HTTP, [NAMESPACE, SERVICE, `operation!~"${STREAMS}"`], RANGE, 'operation'), legend: '{{operation}}' },
          ],
        }),
        heatmap({
          title: 'Duration, all requests',
          description: 'How long requests take, without event streams; each dot is a trace.',
          unit: 's',
          width: 16,
          histogram: HTTP,
          matchers: [NAMESPACE, SERVICE, `operation!~"${STREAMS}"`],
        }),
        timeseries({
          title: 'Open event streams',
          description: 'Event streams that are open now, by replica.',
          unit: 'short',
          queries: [{ expr: `sum by (service, pod) (${chosen('enishi_http_event_streams')})`, legend: POD }],
        }),
      ],
    },
    {
      title: 'Bus',
      panels: [
        timeseries({
          title: 'Rate',
          description: 'Requests that the service answers and events that it handles a second, by subject.',
          unit: 'reqps',
          queries: [
            { expr: sumRate(chosen('enishi_request_seconds_count', 'side="server"'), RANGE, 'subject'), legend: '{{subject}}' },
            { expr: sumRate(chosen('enishi_event_seconds_count'), RANGE, 'subject'), legend: '{{subject}}' },
          ],
        }),
        timeseries({
          title: 'Errors',
          description: 'Requests answered with a code, and deliveries that were retried or parked.',
          unit: 'reqps',
          queries: [
            {
              expr: sumRate(chosen('enishi_request_seconds_count', 'side="server"', 'outcome!="ok"'), RANGE, 'subject', 'outcome'),
              legend: '{{subject}}: {{outcome}}',
            },
            {
              expr: sumRate(chosen('enishi_event_seconds_count', 'outcome=~"retried|parked"'), RANGE, 'subject', 'outcome'),
              legend: '{{subject}}: {{outcome}}',
            },
          ],
        }),
        timeseries({
          title: 'Duration (p95)',
          description: 'Time to answer a request or to handle an event, 95 of 100, by subject; dots lead to traces.',
          unit: 's',
          queries: [
            {
              expr: quantile(0.95, 'enishi_request_seconds', [NAMESPACE, SERVICE, 'side="server"'], RANGE, 'subject'),
              legend: '{{subject}}',
            },
            { expr: quantile(0.95, 'enishi_event_seconds', [NAMESPACE, SERVICE], RANGE, 'subject'), legend: '{{subject}}' },
          ],
        }),
      ],
    },
    {
      title: 'Processes',
      panels: [
        timeseries({
          title: 'Processor',
          description: 'Cores in use, by replica; near 1 the event loop is full.',
          unit: 'short',
          limit: 1,
          queries: [{ expr: sumRate(chosen('enishi_process_cpu_seconds_total'), RANGE, 'service', 'pod'), legend: POD }],
        }),
        timeseries({
          title: 'Memory',
          description: 'Resident memory, by replica; a line that only rises is a leak.',
          unit: 'bytes',
          queries: [{ expr: worst('enishi_process_resident_memory_bytes'), legend: POD }],
        }),
        timeseries({
          title: 'Event loop lag (p99)',
          description: 'How late the event loop is, by replica; above 0.1 s everything in this process waits.',
          unit: 's',
          limit: 0.1,
          queries: [{ expr: worst('enishi_nodejs_eventloop_lag_p99_seconds'), legend: POD }],
        }),
        timeseries({
          title: 'Garbage collection',
          description: 'Part of the time that goes into the collection of garbage, by replica; above 5 % memory is short.',
          unit: 'percentunit',
          limit: 0.05,
          queries: [{ expr: sumRate(chosen('enishi_nodejs_gc_duration_seconds_sum'), RANGE, 'service', 'pod'), legend: POD }],
        }),
        timeseries({
          title: 'Open file descriptors',
          description: 'Sockets and files that are open, by replica.',
          unit: 'short',
          queries: [{ expr: worst('enishi_process_open_fds'), legend: POD }],
        }),
        timeseries({
          title: 'TLS certificates',
          description: 'Time until the certificate of each door ends; 14 days before, a ticket is opened.',
          unit: 's',
          queries: [
            {
              expr: `min by (service, door) (${chosen('enishi_tls_certificate_expiry_timestamp_seconds')}) - time()`,
              legend: '{{service}} {{door}}',
            },
          ],
        }),
      ],
    },
  ],
});
