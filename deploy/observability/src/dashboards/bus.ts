/** Do requests and facts arrive? */
import { dashboard } from '../dashboard.js';
import { NAMESPACE, RANGE, SERVICE, stat, timeseries } from '../panels.js';
import { increaseFromFirst, quantile, select, sumRate } from '../promql.js';

const chosen = (metric: string, ...matchers: string[]) => select(metric, NAMESPACE, SERVICE, ...matchers);

export const bus = dashboard({
  uid: 'enishi-bus',
  title: 'Bus',
  description: 'Lag, redeliveries and dead letters of facts; requests between services.',
  chooses: ['namespace', 'service'],
  rows: [
    {
      title: 'Now',
      panels: [
        stat({
          title: 'Outbox lag',
          description: 'Age of the oldest fact that is not published yet; a minute is too long.',
          unit: 's',
          badFrom: 60,
          width: 6,
          queries: [{ expr: `max(${chosen('enishi_outbox_lag_seconds')})`, legend: 'lag' }],
        }),
        stat({
          title: 'Messages that wait',
          description: 'The longest queue in front of a hearer.',
          unit: 'short',
          badFrom: 100,
          width: 6,
          queries: [{ expr: `max(${chosen('enishi_event_pending_messages')})`, legend: 'pending' }],
        }),
        stat({
          title: 'Redelivered (15 min)',
          description: 'Deliveries that were not the first.',
          unit: 'short',
          badFrom: 10,
          width: 6,
          queries: [{ expr: `${increaseFromFirst(chosen('enishi_event_redeliveries_total'), '15m')} or vector(0)`, legend: 'redelivered' }],
        }),
        stat({
          title: 'Dead letters (1 h)',
          description: 'Events that were given up in the last hour: ./enishi dead-letters list.',
          unit: 'short',
          badFrom: 1,
          width: 6,
          queries: [{ expr: `${increaseFromFirst(chosen('enishi_dead_letters_total'), '1h')} or vector(0)`, legend: 'parked' }],
        }),
      ],
    },
    {
      title: 'Facts: from the outbox to the stream',
      panels: [
        timeseries({
          title: 'Outbox lag',
          description: 'Age of the oldest fact that is not published yet, by service.',
          unit: 's',
          limit: 60,
          queries: [{ expr: `max by (service) (${chosen('enishi_outbox_lag_seconds')})`, legend: '{{service}}' }],
        }),
        timeseries({
          title: 'Rows in the outbox',
          description: 'Facts that are not published yet, by service.',
          unit: 'short',
          queries: [{ expr: `max by (service) (${chosen('enishi_outbox_pending_rows')})`, legend: '{{service}}' }],
        }),
        timeseries({
          title: 'Published, and tries that failed',
          description: 'Rows published a second, and tries that left rows where they were, by what was at fault.',
          unit: 'ops',
          queries: [
            { expr: sumRate(chosen('enishi_outbox_published_total'), RANGE, 'service'), legend: '{{service}}' },
            { expr: sumRate(chosen('enishi_outbox_failures_total'), RANGE, 'service', 'what'), legend: '{{service}}: {{what}} failed' },
          ],
        }),
      ],
    },
    {
      title: 'Facts: from the stream to their hearers',
      panels: [
        timeseries({
          title: 'Messages that wait',
          description: 'Messages that the stream holds for each hearer; a line that rises is a hearer that does not keep up.',
          unit: 'short',
          limit: 100,
          queries: [
            { expr: `max by (service, subject) (${chosen('enishi_event_pending_messages')})`, legend: '{{service}} ← {{subject}}' },
          ],
        }),
        timeseries({
          title: 'Streams and durables that are not there',
          description: '1: the service misses it, and is not ready.',
          unit: 'short',
          queries: [
            { expr: `max by (service, resource) (${chosen('enishi_event_resource_missing')})`, legend: '{{service}}: {{resource}}' },
          ],
        }),
        timeseries({
          title: 'Redeliveries',
          description: 'Deliveries that were not the first: a handler failed, or its process died.',
          unit: 'ops',
          queries: [
            { expr: sumRate(chosen('enishi_event_redeliveries_total'), RANGE, 'service', 'subject'), legend: '{{service}} ← {{subject}}' },
          ],
        }),
        timeseries({
          title: 'Dead letters',
          description: 'Events given up in an hour, by subject and code.',
          unit: 'short',
          queries: [
            {
              expr: increaseFromFirst(chosen('enishi_dead_letters_total'), '1h', 'service', 'subject', 'code'),
              legend: '{{service}} ← {{subject}}: {{code}}',
            },
          ],
        }),
        timeseries({
          title: 'Handling time (p95)',
          description: 'Time to handle one delivery, by subject; dots lead to traces.',
          unit: 's',
          queries: [{ expr: quantile(0.95, 'enishi_event_seconds', [NAMESPACE, SERVICE], RANGE, 'subject'), legend: '{{subject}}' }],
        }),
        timeseries({
          title: 'Deliveries by outcome',
          description: 'Deliveries a second; retried and parked are trouble, duplicate is not.',
          unit: 'ops',
          stacked: true,
          queries: [{ expr: sumRate(chosen('enishi_event_seconds_count'), RANGE, 'outcome'), legend: '{{outcome}}' }],
        }),
        timeseries({
          title: 'Taken by streams',
          description: 'Events that their stream has acknowledged, by subject.',
          unit: 'ops',
          queries: [{ expr: sumRate(chosen('enishi_events_published_total'), RANGE, 'subject'), legend: '{{subject}}' }],
        }),
      ],
    },
    {
      title: 'Requests between services',
      panels: [
        timeseries({
          title: 'Requests answered',
          description: 'Requests a second that the chosen services answer, by subject.',
          unit: 'reqps',
          queries: [{ expr: sumRate(chosen('enishi_request_seconds_count', 'side="server"'), RANGE, 'subject'), legend: '{{subject}}' }],
        }),
        timeseries({
          title: 'Errors as the asker sees them',
          description: 'Requests that ended with a code: platform.timeout and platform.not_available are the bus or an absent service.',
          unit: 'reqps',
          queries: [
            {
              expr: sumRate(chosen('enishi_request_seconds_count', 'side="client"', 'outcome!="ok"'), RANGE, 'subject', 'outcome'),
              legend: '{{subject}}: {{outcome}}',
            },
          ],
        }),
        timeseries({
          title: 'Duration as the asker sees it (p95)',
          description: 'Time of a request with the way there and back, by subject; dots lead to traces.',
          unit: 's',
          queries: [
            {
              expr: quantile(0.95, 'enishi_request_seconds', [NAMESPACE, SERVICE, 'side="client"'], RANGE, 'subject'),
              legend: '{{subject}}',
            },
          ],
        }),
      ],
    },
  ],
});
