/** Two alerts for each promise: the budget burns fast (page), or slowly (ticket). */
import { budgetOf, FAST, recorded, SLOS, SLOW, type Slo, WINDOW_SECONDS } from '../slo.js';
import { type Alert, type AlertGroup, runbookOf } from './rule.js';

export const SLO_ALERTS: AlertGroup = {
  name: 'enishi-slo',
  rules: SLOS.flatMap((slo) => [alertOf(slo, 'Fast'), alertOf(slo, 'Slowly')]),
};

function alertOf(slo: Slo, speed: 'Fast' | 'Slowly'): Alert {
  const name = `${slo.alert}Burns${speed}`;
  const burns = speed === 'Fast' ? FAST : SLOW;
  return {
    alert: name,
    expr: burns
      .map(({ long, short, factor }) => {
        const limit = Number((factor * budgetOf(slo)).toFixed(6));
        const enough = `${WINDOW_SECONDS[long]} * ${slo.bad(long)} >= ${slo.leastBad}`;
        return `(\n  ${recorded(slo, long)} > ${limit}\nand\n  ${recorded(slo, short)} > ${limit}\nand\n  ${enough}\n)`;
      })
      .join('\nor\n'),
    labels: { severity: speed === 'Fast' ? 'page' : 'ticket' },
    annotations: {
      summary: speed === 'Fast' ? slo.summary : `${slo.summary}, a few for a long time`,
      description: `{{ $value | humanizePercentage }} ${slo.what}; ${slo.objective * 100} % are to be good.`,
      runbook: runbookOf(name),
    },
  };
}
