/** Do runs come to an end, and if not, who has to act? */
import { dashboard } from '../dashboard.js';
import { heatmap, NAMESPACE, RANGE, stat, timeseries } from '../panels.js';
import { causesOf, increaseFromFirst, quantile, SITE_CHANGED, select, sumRate } from '../promql.js';
import { RUNS_FAILED_BY_US, recorded } from '../slo.js';

const ours = (metric: string, ...matchers: string[]) => select(metric, NAMESPACE, ...matchers);
const failures = (actor: 'user' | 'bank' | 'agent' | 'us') => ({
  expr: `sum by (cause) (increase(${ours('enishi_runs_ended_total', 'outcome="failed"', `cause=~"${causesOf(actor)}"`)}[1h])) > 0`,
  legend: '{{cause}}',
});

export const aggregation = dashboard({
  uid: 'enishi-aggregation',
  title: 'Aggregation',
  description: 'Runs by cause, the time of their steps, and for whom they wait.',
  chooses: ['namespace'],
  rows: [
    {
      title: 'Runs',
      panels: [
        stat({
          title: 'Finished',
          description: 'Part of the runs in the chosen time that ended with data.',
          unit: 'percentunit',
          queries: [
            {
              expr: `sum(increase(${ours('enishi_runs_ended_total', 'outcome="finished"')}[$__range])) / sum(increase(${ours('enishi_runs_ended_total')}[$__range]))`,
              legend: 'finished',
            },
          ],
        }),
        stat({
          title: 'Failed by us (1 h)',
          description: 'Part of the runs of the last hour that failed by a cause that only we can mend; 1 % is promised.',
          unit: 'percentunit',
          badFrom: 0.01,
          queries: [{ expr: `max(${select(recorded(RUNS_FAILED_BY_US, '1h'), NAMESPACE)})`, legend: 'by us' }],
        }),
        stat({
          title: 'Under way',
          description: 'Runs started less runs ended in the chosen time; it grows when runs do not end.',
          unit: 'short',
          queries: [
            {
              expr: `sum(increase(${ours('enishi_runs_started_total')}[$__range])) - sum(increase(${ours('enishi_runs_ended_total')}[$__range]))`,
              legend: 'under way',
            },
          ],
        }),
        stat({
          title: 'Terminals attached',
          description: 'PCs that hold a link to a relay now.',
          unit: 'short',
          queries: [{ expr: `sum(${ours('enishi_terminals_attached')})`, legend: 'terminals' }],
        }),
        stat({
          title: 'Statements that do not add up',
          description: 'Statements in the chosen time whose balances and entries contradict each other; none is good.',
          unit: 'short',
          badFrom: 1,
          queries: [
            {
              expr: `sum(increase(${ours('enishi_parser_statements_total', 'state="mismatch"')}[$__range])) or vector(0)`,
              legend: 'mismatch',
            },
          ],
        }),
        stat({
          title: 'Unknown pages (1 h)',
          description: 'Answers of the last hour that were none that their connector describes: the bank has changed its site.',
          unit: 'short',
          badFrom: 1,
          queries: [
            {
              expr: `${increaseFromFirst(ours('enishi_parser_pages_total', `cause=~"${SITE_CHANGED}"`), '1h')} or vector(0)`,
              legend: 'unknown',
            },
          ],
        }),
      ],
    },
    {
      title: 'Runs by cause',
      panels: [
        timeseries({
          title: 'Ours to mend',
          description: 'Failed runs of the hour before by cause, where only we can act: a connector, a limit, a fault of the platform.',
          unit: 'short',
          stacked: true,
          queries: [failures('us')],
        }),
        timeseries({
          title: "The bank's",
          description: 'Failed runs of the hour before by cause, where the bank has to act; they are tried again later.',
          unit: 'short',
          stacked: true,
          queries: [failures('bank')],
        }),
        timeseries({
          title: "The user's and the PC's",
          description: 'Failed runs of the hour before by cause, where the user has to act, or the PC lost the answer.',
          unit: 'short',
          stacked: true,
          queries: [failures('user'), failures('agent')],
        }),
      ],
    },
    {
      title: 'Time, and waiting for whom',
      panels: [
        heatmap({
          title: 'Step time',
          description: 'Time from an order to its page, the bank included; each dot is a trace.',
          unit: 's',
          histogram: 'enishi_run_step_seconds',
          matchers: [NAMESPACE],
        }),
        timeseries({
          title: 'Step time by connector (p95)',
          description: 'Time within which 95 of 100 orders have their page; one line above the others is one slow bank.',
          unit: 's',
          queries: [{ expr: quantile(0.95, 'enishi_run_step_seconds', [NAMESPACE], RANGE, 'connector'), legend: '{{connector}}' }],
        }),
        timeseries({
          title: 'Duration of runs',
          description: 'Time of whole runs from start to end by outcome, half of them and 95 of 100.',
          unit: 's',
          queries: [0.5, 0.95].map((q) => ({
            expr: quantile(q, 'enishi_run_duration_seconds', [NAMESPACE], RANGE, 'outcome'),
            legend: `{{outcome}} p${q * 100}`,
          })),
        }),
        timeseries({
          title: 'Waiting for whom',
          description: 'Seconds a second that runs wait for each other service; 1 is one run that waits all the time.',
          unit: 'short',
          stacked: true,
          queries: [{ expr: sumRate(ours('enishi_run_wait_seconds_sum'), RANGE, 'for'), legend: '{{for}}' }],
        }),
        timeseries({
          title: 'Wait for each (p95)',
          description: 'Time of one wait, 95 of 100, by who is waited for.',
          unit: 's',
          queries: [{ expr: quantile(0.95, 'enishi_run_wait_seconds', [NAMESPACE], RANGE, 'for'), legend: '{{for}}' }],
        }),
        timeseries({
          title: 'Orders taken by terminals (p95)',
          description: 'Time from the order frame to the terminal taking it, as the relay sees it.',
          unit: 's',
          queries: [{ expr: quantile(0.95, 'enishi_order_take_seconds', [NAMESPACE], RANGE, 'outcome'), legend: '{{outcome}}' }],
        }),
      ],
    },
    {
      title: 'Terminals',
      panels: [
        timeseries({
          title: 'Terminals attached',
          description: 'PCs that hold a link, by replica of the relay; after the loss of one they spread over the others.',
          unit: 'short',
          stacked: true,
          queries: [{ expr: `sum by (pod) (${ours('enishi_terminals_attached')})`, legend: '{{pod}}' }],
        }),
        timeseries({
          title: 'Deliveries of orders',
          description: 'Tries to deliver an order by outcome; terminal_away is a PC that is off.',
          unit: 'ops',
          stacked: true,
          queries: [{ expr: sumRate(ours('enishi_order_deliveries_total'), RANGE, 'outcome'), legend: '{{outcome}}' }],
        }),
        timeseries({
          title: 'Results carried',
          description: 'Results from terminals to the parser by answer; what is not stored comes again.',
          unit: 'ops',
          stacked: true,
          queries: [{ expr: sumRate(ours('enishi_terminal_results_total'), RANGE, 'outcome'), legend: '{{outcome}}' }],
        }),
        timeseries({
          title: 'Links that end or are refused',
          description: 'Sessions ended by reason, links refused by code, upgrades by answer.',
          unit: 'ops',
          queries: [
            { expr: sumRate(ours('enishi_terminals_detached_total'), RANGE, 'reason'), legend: 'ended: {{reason}}' },
            { expr: sumRate(ours('enishi_terminal_refusals_total'), RANGE, 'code'), legend: 'refused: {{code}}' },
            { expr: sumRate(ours('enishi_terminal_upgrades_total'), RANGE, 'outcome'), legend: 'asked: {{outcome}}' },
          ],
        }),
        timeseries({
          title: 'Enrolments and sessions',
          description: 'Tries to enrol a terminal and to open a session by outcome; many refusals are somebody who guesses.',
          unit: 'ops',
          queries: [
            { expr: sumRate(ours('enishi_enrolments_total'), RANGE, 'outcome'), legend: 'enrolment: {{outcome}}' },
            { expr: sumRate(ours('enishi_sessions_opened_total'), RANGE, 'outcome'), legend: 'session: {{outcome}}' },
          ],
        }),
        timeseries({
          title: 'Runs that change their driver',
          description: 'Runs taken over from a driver that was still alive, and sweeps that failed; both are rare when all is well.',
          unit: 'ops',
          queries: [
            { expr: sumRate(ours('enishi_run_leases_lost_total'), RANGE), legend: 'leases lost' },
            { expr: sumRate(ours('enishi_run_sweep_failures_total'), RANGE), legend: 'sweeps failed' },
          ],
        }),
      ],
    },
    {
      title: 'Reading',
      panels: [
        timeseries({
          title: 'Pages by verdict',
          description: 'Answers of banks that the parser read, by verdict.',
          unit: 'ops',
          stacked: true,
          queries: [{ expr: sumRate(ours('enishi_parser_pages_total'), RANGE, 'verdict'), legend: '{{verdict}}' }],
        }),
        timeseries({
          title: 'Pages that are none we know, by connector',
          description: 'Answers in an hour that the connector does not describe; a line that rises is a bank that has changed its site.',
          unit: 'short',
          queries: [
            {
              expr: increaseFromFirst(ours('enishi_parser_pages_total', `cause=~"${SITE_CHANGED}"`), '1h', 'connector'),
              legend: '{{connector}}',
            },
          ],
        }),
        timeseries({
          title: 'Time to read a page (p99)',
          description: 'Time of the parser for one answer, 99 of 100, by connector.',
          unit: 's',
          queries: [{ expr: quantile(0.99, 'enishi_parser_page_read_seconds', [NAMESPACE], RANGE, 'connector'), legend: '{{connector}}' }],
        }),
        timeseries({
          title: 'Commits and refused results',
          description: 'Commits of runs by outcome, and results that the parser did not take by reason.',
          unit: 'ops',
          width: 12,
          queries: [
            { expr: sumRate(ours('enishi_parser_commits_total'), RANGE, 'outcome'), legend: 'commit: {{outcome}}' },
            { expr: sumRate(ours('enishi_parser_results_refused_total'), RANGE, 'why'), legend: 'refused: {{why}}' },
          ],
        }),
        timeseries({
          title: 'Entries',
          description: 'Entries that committed runs read, and those of them that were new.',
          unit: 'ops',
          width: 12,
          queries: [{ expr: sumRate(ours('enishi_parser_entries_total'), RANGE, 'what'), legend: '{{what}}' }],
        }),
      ],
    },
  ],
});
