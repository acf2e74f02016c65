import { describe, expect, it } from '@jest/globals';
import { exportedIn, unknownNames } from './exported-metrics.js';

const EXPOSITION = `# HELP enishi_runs_ended Runs ended
# TYPE enishi_runs_ended counter
enishi_runs_ended_total{outcome="failed",cause="a \\"b\\""} 3
# TYPE enishi_run_step_seconds histogram
enishi_run_step_seconds_bucket{le="0.5",connector="x"} 1 # {trace_id="1"} 0.4 17.1
enishi_run_step_seconds_sum{connector="x"} 0.4
enishi_run_step_seconds_count{connector="x"} 1
# TYPE enishi_terminals_attached gauge
enishi_terminals_attached 0
# TYPE enishi_dead_letters counter
# EOF
`;
const exported = exportedIn(EXPOSITION, new Map([['enishi_dead_letters', ['subject', 'code']]]));
const rule = { record: 'namespace:enishi_runs:rate5m', expr: 'sum by (namespace, outcome) (rate(enishi_runs_ended_total[5m]))' };

describe('what a query names', () => {
  it('is fine when it is exported, declared, a rule of ours, or of Prometheus', () => {
    const exprs = [
      'sum by (cause, namespace) (rate(enishi_runs_ended_total{outcome="failed",pod="x"}[5m]))',
      'histogram_quantile(0.9, sum by (le, connector) (rate(enishi_run_step_seconds_bucket[5m])))',
      'enishi_run_step_seconds_count{connector="x"} * enishi_terminals_attached',
      'sum by (subject) (enishi_dead_letters_total{code="x"})',
      'namespace:enishi_runs:rate5m{outcome="failed"} and up{service="parser"}',
      rule.expr,
    ];
    expect(unknownNames(exprs, exported, [rule])).toEqual([]);
  });

  it.each([
    ['enishi_run_ended_total', 'no service exports enishi_run_ended_total'],
    ['enishi_runs_ended', 'no service exports enishi_runs_ended'],
    ['enishi_run_step_seconds', 'no service exports enishi_run_step_seconds'],
    ['enishi_runs_ended_total{result="x"}', 'enishi_runs_ended_total has no label result'],
    ['enishi_runs_ended_total{trace_id="x"}', 'enishi_runs_ended_total has no label trace_id'],
    ['enishi_run_step_seconds_bucket{trace_id="x"}', 'enishi_run_step_seconds_bucket has no label trace_id'],
    ['enishi_terminals_attached{le="1"}', 'enishi_terminals_attached has no label le'],
    ['enishi_dead_letters_total{reason="x"}', 'enishi_dead_letters_total has no label reason'],
    ['sum by (who) (enishi_terminals_attached)', 'no metric of this has the label who: sum by (who) (enishi_terminals_attached)'],
    ['namespace:enishi_runs:rate6m', 'no service exports namespace:enishi_runs:rate6m'],
    ['namespace:enishi_runs:rate5m{cause="x"}', 'namespace:enishi_runs:rate5m has no label cause'],
  ])('is told when it is misspelt: %s', (expr, problem) => {
    expect(unknownNames([expr], exported, [rule])).toEqual([problem]);
  });
});
