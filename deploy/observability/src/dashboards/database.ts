/** Does Postgres answer, and how fast? */
import { dashboard } from '../dashboard.js';
import { heatmap, NAMESPACE, RANGE, SERVICE, stat, timeseries } from '../panels.js';
import { quantile, select, sumRate } from '../promql.js';

const OPERATIONS = 'enishi_database_operation_seconds';
const chosen = (metric: string, ...matchers: string[]) => select(metric, NAMESPACE, SERVICE, ...matchers);

export const database = dashboard({
  uid: 'enishi-database',
  title: 'Database',
  description: 'Operations on Postgres as the services see them.',
  chooses: ['namespace', 'service'],
  rows: [
    {
      title: 'Now',
      panels: [
        stat({
          title: 'Operations lost: away',
          description: 'Operations a second that failed because Postgres could not be reached; none is good.',
          unit: 'ops',
          badFrom: 0.001,
          width: 8,
          queries: [{ expr: `${sumRate(chosen(`${OPERATIONS}_count`, 'outcome="away"'), RANGE)} or vector(0)`, legend: 'away' }],
        }),
        stat({
          title: 'Operations failed',
          description: 'Part of the operations that Postgres answered with an error; conflicts of two writers are among them.',
          unit: 'percentunit',
          badFrom: 0.01,
          width: 8,
          queries: [
            {
              expr: `(${sumRate(chosen(`${OPERATIONS}_count`, 'outcome="failed"'), RANGE)} or vector(0)) / ${sumRate(chosen(`${OPERATIONS}_count`), RANGE)}`,
              legend: 'failed',
            },
          ],
        }),
        stat({
          title: 'Operations (p99)',
          description: 'Time within which 99 of 100 operations are done.',
          unit: 's',
          badFrom: 0.5,
          width: 8,
          queries: [{ expr: quantile(0.99, OPERATIONS, [NAMESPACE, SERVICE], RANGE), legend: 'p99' }],
        }),
      ],
    },
    {
      title: 'Operations',
      panels: [
        timeseries({
          title: 'Rate',
          description: 'Operations a second, by service.',
          unit: 'ops',
          queries: [{ expr: sumRate(chosen(`${OPERATIONS}_count`), RANGE, 'service'), legend: '{{service}}' }],
        }),
        timeseries({
          title: 'Errors',
          description: 'Operations a second that did not succeed: away is the server or the network, failed the statement.',
          unit: 'ops',
          queries: [
            {
              expr: sumRate(chosen(`${OPERATIONS}_count`, 'outcome!="ok"'), RANGE, 'service', 'operation', 'outcome'),
              legend: '{{service}} {{operation}}: {{outcome}}',
            },
          ],
        }),
        heatmap({
          title: 'Duration',
          description: 'How long operations take; each dot is a trace.',
          unit: 's',
          histogram: OPERATIONS,
          matchers: [NAMESPACE, SERVICE],
        }),
        timeseries({
          title: 'Slowest operations (p95)',
          description: 'The ten operations that take longest, 95 of 100 of each.',
          unit: 's',
          width: 12,
          queries: [
            {
              expr: `topk(10, ${quantile(0.95, OPERATIONS, [NAMESPACE, SERVICE], RANGE, 'service', 'operation')})`,
              legend: '{{service}} {{operation}}',
            },
          ],
        }),
        timeseries({
          title: 'Where the time goes',
          description: 'Seconds a second that all replicas spend in each operation together; 1 is one connection in use all the time.',
          unit: 'short',
          stacked: true,
          width: 12,
          queries: [
            {
              expr: `topk(10, ${sumRate(chosen(`${OPERATIONS}_sum`), RANGE, 'service', 'operation')})`,
              legend: '{{service}} {{operation}}',
            },
          ],
        }),
      ],
    },
    {
      title: 'What suffers when Postgres is away',
      panels: [
        timeseries({
          title: 'Sweeps that fail',
          description: 'Looks for due runs and for expired pages that failed.',
          unit: 'ops',
          queries: [
            { expr: sumRate(chosen('enishi_run_sweep_failures_total'), RANGE, 'service'), legend: 'due runs' },
            { expr: sumRate(chosen('enishi_parser_sweep_failures_total'), RANGE, 'service'), legend: 'expired pages' },
          ],
        }),
        timeseries({
          title: 'The outbox cannot be read',
          description: 'Tries to read the outbox that failed; the facts are safe in it and go out afterwards.',
          unit: 'ops',
          queries: [{ expr: sumRate(chosen('enishi_outbox_failures_total', 'what="database"'), RANGE, 'service'), legend: '{{service}}' }],
        }),
        timeseries({
          title: 'Expired pages deleted',
          description: 'Sealed pages whose time was over, deleted a second; nothing for a day is a sweep that does not work.',
          unit: 'ops',
          queries: [{ expr: sumRate(chosen('enishi_parser_pages_expired_total'), RANGE, 'service'), legend: '{{service}}' }],
        }),
      ],
    },
  ],
});
