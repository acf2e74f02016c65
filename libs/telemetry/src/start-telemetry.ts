import { randomUUID } from 'node:crypto';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { type ExportResult, ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { AlwaysOnSampler, BatchSpanProcessor, ParentBasedSampler, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { exportLinesTo } from './log-export.js';

/** Longest time that an end of the process waits for the collector, ms. */
export const FLUSH_LIMIT_MS = 2_000;
/** The same, when the collector was away just before: one more try, ms. */
const FLUSH_LIMIT_AWAY_MS = 500;
/** Time between two exports, ms. */
const EXPORT_EVERY_MS = 1_000;
/** Spans, and lines of the log, that wait for the collector; more are dropped, for work goes before its description. */
const QUEUED = 2_048;

export interface TelemetryOptions {
  readonly serviceName: string;
  /** Base URL of an OTLP/HTTP collector; `/v1/traces` and `/v1/logs` are appended. Absent: nothing is exported. */
  readonly otlpEndpoint?: string | undefined;
  /** Of this process, beside its service's name and an id of its own. */
  readonly resourceAttributes?: Readonly<Record<string, string>>;
  /** More processors, for tests in process. */
  readonly spanProcessors?: readonly SpanProcessor[];
}

let provider: TracerProvider | undefined;
let logs: LoggerProvider | undefined;
const exporters: Watched[] = [];
const isAway = () => exporters.some(({ lastFailed }) => lastFailed);

/** Starts tracing in this process, and the export of its log; called by the preload, once. Called again, it changes nothing. */
export function startTelemetry({ serviceName, otlpEndpoint, resourceAttributes, spanProcessors = [] }: TelemetryOptions): void {
  if (provider !== undefined) return;
  const resource = resourceFromAttributes({ 'service.instance.id': randomUUID(), ...resourceAttributes, 'service.name': serviceName });
  const processors = [...spanProcessors];
  if (otlpEndpoint !== undefined) {
    const base = otlpEndpoint.replace(/\/+$/, '');
    const batch = { scheduledDelayMillis: EXPORT_EVERY_MS, maxQueueSize: QUEUED, exportTimeoutMillis: FLUSH_LIMIT_MS + 500 };
    const traceExporter = watched(new OTLPTraceExporter({ url: `${base}/v1/traces`, timeoutMillis: FLUSH_LIMIT_MS }));
    processors.push(new BatchSpanProcessor({ exporter: traceExporter, ...batch }));
    const logExporter = watched(new OTLPLogExporter({ url: `${base}/v1/logs`, timeoutMillis: FLUSH_LIMIT_MS }));
    logs = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter: logExporter, ...batch })] });
    exportLinesTo(logs.getLogger('enishi'));
  }
  provider = new TracerProvider({
    resource,
    // Who begins a trace decides for all: a run is traced whole or not at all.
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanLimits: { attributeCountLimit: 32, attributeValueLengthLimit: 300, eventCountLimit: 32, linkCountLimit: 16 },
    spanProcessors: processors,
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
}

/** Sends the spans and lines that wait. Ends after `limitMs` whatever the collector does, and never fails. */
export async function flushTelemetry(limitMs: number = FLUSH_LIMIT_MS): Promise<void> {
  if (provider === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, isAway() ? Math.min(limitMs, FLUSH_LIMIT_AWAY_MS) : limitMs);
  });
  // A collector that is away loses us spans, never an answer: there is nothing to do about the error here.
  const options = { timeoutMillis: limitMs };
  const flushed = Promise.allSettled([provider.forceFlush(options), logs?.forceFlush(options) ?? Promise.resolve()]);
  await Promise.race([flushed, limit]);
  clearTimeout(timer);
}

/**
 * Sends what waits when the process ends by itself, or by a signal that nobody else listens to.
 * Who listens to signals (`start` of @enishi/http) calls `flushTelemetry` before it exits.
 * A kill -9 loses the spans and exported lines of the last second; no state depends on them.
 */
export function flushAtExit(): void {
  let flushed = false;
  process.on('beforeExit', () => {
    if (flushed) return;
    flushed = true;
    if (isAway()) return;
    // After the limit the exporter may still try: exit is called so that it cannot hold the process.
    void flushTelemetry().then(() => process.exit());
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const onSignal = () => {
      if (process.listenerCount(signal) > 1) return;
      void flushTelemetry().then(() => {
        process.removeListener(signal, onSignal);
        process.kill(process.pid, signal);
      });
    };
    process.on(signal, onSignal);
  }
}

/** Whether the collector was away at the last export. */
interface Watched {
  lastFailed: boolean;
}

function watched<E extends { export(items: never[], done: (result: ExportResult) => void): void }>(exporter: E): E {
  const watch: Watched = { lastFailed: false };
  exporters.push(watch);
  const inner = exporter.export.bind(exporter);
  return Object.assign(exporter, {
    export: (items: never[], done: (result: ExportResult) => void) =>
      inner(items, (result) => {
        watch.lastFailed = result.code !== ExportResultCode.SUCCESS;
        done(result);
      }),
  });
}
