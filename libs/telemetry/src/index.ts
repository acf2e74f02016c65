export type { Span } from '@opentelemetry/api';
export { createLogger, type Logger, type LogLevel, setLogLevel } from './logger.js';
export { type Counter, counter, exposition, type Gauge, gauge, type Histogram, histogram, METRICS_CONTENT_TYPE } from './metrics.js';
export { FLUSH_LIMIT_MS, flushTelemetry, startTelemetry, type TelemetryOptions } from './start-telemetry.js';
export { currentTraceId, currentTraceparent, type OpenSpan, openSpan, type SpanOptions, withSpan } from './with-span.js';
