import { randomUUID } from 'node:crypto';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { type ExportResult, ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

/** Longest time that an end of the process waits for the collector, ms. */
export const FLUSH_LIMIT_MS = 2_000;
/** The same, when the collector was away just before: one more try, ms. */
const FLUSH_LIMIT_AWAY_MS = 500;
/** Time between two exports, ms. */
const EXPORT_EVERY_MS = 1_000;
/** Spans that wait for the collector; more are dropped, for work goes before its description. */
const QUEUED_SPANS = 2_048;

export interface TelemetryOptions {
  readonly serviceName: string;
  /** Base URL of an OTLP/HTTP collector; `/v1/traces` is appended. Absent: nothing is exported. */
  readonly otlpEndpoint?: string | undefined;
  /** More processors, for tests in process. */
  readonly spanProcessors?: readonly SpanProcessor[];
}

let provider: TracerProvider | undefined;
let exporter: WatchedExporter | undefined;

/** Starts tracing in this process; called by the preload, once. Called again, it changes nothing. */
export function startTelemetry({ serviceName, otlpEndpoint, spanProcessors = [] }: TelemetryOptions): void {
  if (provider !== undefined) return;
  const processors = [...spanProcessors];
  if (otlpEndpoint !== undefined) {
    const url = `${otlpEndpoint.replace(/\/+$/, '')}/v1/traces`;
    exporter = new WatchedExporter(new OTLPTraceExporter({ url, timeoutMillis: FLUSH_LIMIT_MS }));
    processors.push(
      new BatchSpanProcessor({
        exporter,
        scheduledDelayMillis: EXPORT_EVERY_MS,
        maxQueueSize: QUEUED_SPANS,
        exportTimeoutMillis: FLUSH_LIMIT_MS + 500,
      }),
    );
  }
  provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName, 'service.instance.id': randomUUID() }),
    // Who begins a trace decides for all: a run is traced whole or not at all.
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanLimits: { attributeCountLimit: 32, attributeValueLengthLimit: 300, eventCountLimit: 32, linkCountLimit: 16 },
    spanProcessors: processors,
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
}

/** Sends the spans that wait. Ends after `limitMs` whatever the collector does, and never fails. */
export async function flushTelemetry(limitMs: number = FLUSH_LIMIT_MS): Promise<void> {
  if (provider === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, exporter?.lastFailed ? Math.min(limitMs, FLUSH_LIMIT_AWAY_MS) : limitMs);
  });
  // A collector that is away loses us spans, never an answer: there is nothing to do about the error here.
  await Promise.race([provider.forceFlush({ timeoutMillis: limitMs }).catch(() => undefined), limit]);
  clearTimeout(timer);
}

/**
 * Sends what waits when the process ends by itself, or by a signal that nobody else listens to.
 * Who listens to signals (`start` of @enishi/http) calls `flushTelemetry` before it exits.
 * A kill -9 loses the spans of the last second; no state depends on them.
 */
export function flushAtExit(): void {
  let flushed = false;
  process.on('beforeExit', () => {
    if (flushed) return;
    flushed = true;
    if (exporter?.lastFailed) return;
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

/** Remembers whether the collector was away at the last export. */
class WatchedExporter implements SpanExporter {
  lastFailed = false;
  constructor(private readonly inner: SpanExporter) {}

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.inner.export(spans, (result) => {
      this.lastFailed = result.code !== ExportResultCode.SUCCESS;
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.inner.shutdown();
  }
}
