/** What a service exports, and whether what is asked for is among it. */
import { type Named, namesIn } from './metric-names.js';

/** Every name that a query may use, with its labels; null: they are not known. */
export type Exported = ReadonlyMap<string, ReadonlySet<string> | null>;

/** Labels that Prometheus adds to each target. */
const OF_TARGETS = ['service', 'namespace', 'pod'];
/** Series that Prometheus makes itself. */
const OF_PROMETHEUS: Exported = new Map([
  ['up', new Set<string>()],
  ['ALERTS', new Set(['alertname', 'alertstate', 'severity'])],
]);

/**
 * Reads an exposition (OpenMetrics or the older form). A metric that has labels and no series yet shows its name only:
 * its labels are null, if `declared` does not tell them.
 */
export function exportedIn(exposition: string, declared: ReadonlyMap<string, readonly string[]> = new Map()): Exported {
  const exported = new Map<string, Set<string> | null>();
  for (const [, family = '', type] of exposition.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    const labels = declared.get(family.replace(/_total$/, ''));
    for (const suffix of suffixesOf(type)) {
      exported.set(`${family.replace(type === 'counter' ? /_total$/ : /$/, '')}${suffix}`, labels === undefined ? null : new Set(labels));
    }
  }
  for (const [, name = '', inside = ''] of exposition.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{(.*?)\})? \S/gm)) {
    const labels = exported.get(name) ?? new Set<string>();
    for (const [, label = ''] of inside.matchAll(/(\w+)="(?:\\.|[^"\\])*"/g)) labels.add(label);
    exported.set(name, labels);
  }
  return exported;
}

/** One sentence for each name in `exprs` that is neither exported, nor a rule's, nor Prometheus's own. */
export function unknownNames(exprs: readonly string[], exported: Exported, rules: readonly { record: string; expr: string }[]): string[] {
  const known = new Map([
    ...exported,
    ...OF_PROMETHEUS,
    ...rules.map(({ record, expr }) => [record, new Set(namesIn(expr).grouping)] as const),
  ]);
  const has = (metric: string, label: string): boolean => {
    const labels = known.get(metric);
    return labels === null || labels?.has(label) === true || OF_TARGETS.includes(label) || (label === 'le' && metric.endsWith('_bucket'));
  };
  const problems = exprs.flatMap((expr) => {
    const { metrics, grouping } = namesIn(expr);
    const unknown = metrics.flatMap(problemsOf);
    // Whose label it is cannot be said before all metrics are known.
    if (unknown.length > 0) return unknown;
    return grouping
      .filter((label) => !metrics.some(({ metric }) => has(metric, label)))
      .map((label) => `no metric of this has the label ${label}: ${expr}`);
  });
  return [...new Set(problems)];

  function problemsOf({ metric, labels }: Named): string[] {
    if (!known.has(metric)) return [`no service exports ${metric}`];
    return labels.filter((label) => !has(metric, label)).map((label) => `${metric} has no label ${label}`);
  }
}

function suffixesOf(type: string | undefined): string[] {
  if (type === 'counter') return ['_total'];
  if (type === 'histogram') return ['_bucket', '_sum', '_count'];
  if (type === 'summary') return ['', '_sum', '_count'];
  return [''];
}
