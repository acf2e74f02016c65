/**
 * Counters, gauges and histograms of this process, in the OpenMetrics form. Labels are names from a closed set
 * (operation, code, state); ids go to the log only. Names: `enishi_<noun>_<unit>`.
 */
import { isSpanContextValid, TraceFlags, trace } from '@opentelemetry/api';
import prom from 'prom-client';

const registry = new prom.Registry<prom.OpenMetricsContentType>();
registry.setContentType(prom.Registry.OPENMETRICS_CONTENT_TYPE);
prom.collectDefaultMetrics({ register: registry, prefix: 'enishi_' });

export const METRICS_CONTENT_TYPE: string = prom.Registry.OPENMETRICS_CONTENT_TYPE;

type Labels<L extends string> = Readonly<Record<L, string>>;
interface Description<L extends string> {
  /** `enishi_<noun>_<unit>`; a counter's `_total` is appended when it is shown. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly L[];
}

export interface Counter<L extends string> {
  add(labels: Labels<L>, amount?: number): void;
}
export interface Gauge<L extends string> {
  set(labels: Labels<L>, value: number): void;
  add(labels: Labels<L>, amount: number): void;
}
export interface Histogram<L extends string> {
  /** `value` in the unit of the name. The active trace becomes the exemplar: from a slow bucket one finds a trace. */
  observe(labels: Labels<L>, value: number): void;
}

export function counter<L extends string = never>({ name, help, labels = [] }: Description<L>): Counter<L> {
  const inner = new prom.Counter({ name, help, labelNames: [...labels], registers: [registry] });
  return { add: (values, amount = 1) => inner.inc(values, amount) };
}

/** With `read`, the value is asked for at each scrape. */
export function gauge<L extends string = never>({ name, help, labels = [], read }: Description<L> & { read?: () => number }): Gauge<L> {
  const inner: prom.Gauge<L> = new prom.Gauge({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    ...(read === undefined
      ? {}
      : {
          collect() {
            inner.set(read());
          },
        }),
  });
  return { set: (values, value) => inner.set(values, value), add: (values, amount) => inner.inc(values, amount) };
}

/** `buckets`: upper bounds in the unit of the name, ascending. */
export function histogram<L extends string = never>({
  name,
  help,
  labels = [],
  buckets,
}: Description<L> & { buckets: readonly number[] }): Histogram<L> {
  const inner = new prom.Histogram<string>({
    name,
    help,
    labelNames: [...labels],
    buckets: [...buckets],
    registers: [registry],
    enableExemplars: true,
  });
  return {
    observe: (values, value) => inner.observe({ labels: values, value, exemplarLabels: exemplar() }),
  };
}

/** All metrics of this process, OpenMetrics 1.0 text. */
export async function exposition(): Promise<string> {
  return registry.metrics();
}

function exemplar(): Record<string, string> {
  const active = trace.getActiveSpan()?.spanContext();
  if (active === undefined || !isSpanContextValid(active) || (active.traceFlags & TraceFlags.SAMPLED) === 0) return {};
  return { trace_id: active.traceId, span_id: active.spanId };
}
