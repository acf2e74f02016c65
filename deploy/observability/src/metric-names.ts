/** Which metrics and labels an expression of PromQL names. A tokenizer, no parser: promtool says whether the grammar is right. */

export interface Named {
  readonly metric: string;
  /** Labels in its matchers. */
  readonly labels: readonly string[];
}
export interface Names {
  readonly metrics: readonly Named[];
  /** Labels of `by`, `without`, `on`, `ignoring`, `group_left` and `group_right`: of some metric of the expression. */
  readonly grouping: readonly string[];
}

const TOKEN =
  /(?<space>\s+|#[^\n]*)|(?<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)|(?<range>\[[^\]]*\])|(?<number>\d[\w.]*)|(?<name>[a-zA-Z_:][\w:]*)|(?<sign>=~|!~|!=|[=<>]=|.)/gsu;
const LISTS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);
const WORDS = new Set(['and', 'or', 'unless', 'offset', 'bool', 'atan2', 'inf', 'nan', 'start', 'end']);

/** Metrics in the order of their first mention, the labels of each together. Variables of Grafana must be replaced before. */
export function namesIn(expr: string): Names {
  const tokens = [...expr.matchAll(TOKEN)].filter(({ groups }) => groups?.['space'] === undefined);
  const text = (at: number): string => tokens[at]?.[0] ?? '';
  const isName = (at: number): boolean => tokens[at]?.groups?.['name'] !== undefined;

  const metrics = new Map<string, Set<string>>();
  const grouping = new Set<string>();
  for (let at = 0; at < tokens.length; at++) {
    if (!isName(at)) continue;
    const name = text(at);
    if (LISTS.has(name.toLowerCase())) {
      // group_left may stand without a list.
      if (text(at + 1) !== '(') continue;
      for (at += 2; at < tokens.length && text(at) !== ')'; at++) if (isName(at)) grouping.add(text(at));
    } else if (!WORDS.has(name.toLowerCase()) && !isCall(at)) {
      const labels = metrics.get(name) ?? new Set();
      metrics.set(name, labels);
      if (text(at + 1) !== '{') continue;
      for (at += 2; at < tokens.length && text(at) !== '}'; at++) if (isName(at)) labels.add(text(at));
    }
  }
  return { metrics: [...metrics].map(([metric, labels]) => ({ metric, labels: [...labels] })), grouping: [...grouping] };

  /** `rate(`, and `sum by (…) (`. */
  function isCall(at: number): boolean {
    return text(at + 1) === '(' || ['by', 'without'].includes(text(at + 1).toLowerCase());
  }
}
