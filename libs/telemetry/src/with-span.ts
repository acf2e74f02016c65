import {
  type Attributes,
  type Context,
  context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

export interface SpanOptions {
  readonly kind?: keyof typeof KINDS;
  /** Names and kinds of things, counts, ids; never a token, a page, an amount or an attribute of a person. */
  readonly attributes?: Attributes;
  /** W3C traceparent of who asked, from a header, a frame or an outbox row. Absent or unreadable: the active span is the parent. */
  readonly parent?: string | null | undefined;
}

/** A span that is open across callbacks; `withSpan` is the usual way. */
export interface OpenSpan {
  readonly span: Span;
  /** Runs `fn` with this span active: spans, logs and messages made in it belong to the same trace. */
  run<T>(fn: () => T): T;
  /** Ends it; with an error when there was one. Only the error's code or class is recorded. */
  end(error?: unknown): void;
}

/** Opens a span; the caller must end it. */
export function openSpan(name: string, { kind = 'internal', attributes = {}, parent }: SpanOptions = {}): OpenSpan {
  const above = contextOf(parent);
  const span = trace.getTracer('enishi').startSpan(name, { kind: KINDS[kind], attributes }, above);
  const within = trace.setSpan(above, span);
  return {
    span,
    run: (fn) => context.with(within, fn),
    end: (error) => {
      if (error !== undefined) markFailed(span, error);
      span.end();
    },
  };
}

/** Runs `fn` in a span; the span ends with it, failed when `fn` throws. Works without tracing too. */
export async function withSpan<T>(name: string, options: SpanOptions, fn: (span: Span) => T | Promise<T>): Promise<T> {
  const open = openSpan(name, options);
  try {
    const result = await open.run(() => fn(open.span));
    open.end();
    return result;
  } catch (error) {
    open.end(error);
    throw error;
  }
}

/** W3C traceparent of the active span, to be sent along; undefined when there is none. */
export function currentTraceparent(): string | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier, defaultTextMapSetter);
  return carrier['traceparent'];
}

/** Trace id of the active span: 32 hexadecimal digits. */
export function currentTraceId(): string | undefined {
  const active = trace.getActiveSpan()?.spanContext();
  return active !== undefined && isSpanContextValid(active) ? active.traceId : undefined;
}

function contextOf(parent: string | null | undefined): Context {
  if (!parent) return context.active();
  const extracted = propagation.extract(ROOT_CONTEXT, { traceparent: parent }, defaultTextMapGetter);
  return trace.getSpanContext(extracted) === undefined ? context.active() : extracted;
}

/** Failures that the caller can mend are answers, not faults: they get a type, but not the error status. */
const ANSWERS: ReadonlySet<unknown> = new Set(['invalid', 'denied', 'missing', 'conflict']);

function markFailed(span: Span, error: unknown): void {
  const { code, kind } = (typeof error === 'object' && error !== null ? error : {}) as { code?: unknown; kind?: unknown };
  // Never the message: that of a driver may repeat what it was given.
  span.setAttribute('error.type', typeof code === 'string' ? code : error instanceof Error ? error.name : 'unknown');
  if (!ANSWERS.has(kind)) span.setStatus({ code: SpanStatusCode.ERROR });
}
