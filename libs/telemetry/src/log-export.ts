import { type Logger, SeverityNumber } from '@opentelemetry/api';

const SEVERITY: Readonly<Record<string, SeverityNumber>> = {
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
};
let records: Logger | undefined;

/** From now on, lines go to this logger too. */
export function exportLinesTo(logger: Logger): void {
  records = logger;
}

/**
 * Hands a line that was written to the collector's queue, within the span in which it was said. Read back from its text,
 * so that the collector gets what was written, redacted, and cannot get anything else.
 */
export function exportLine(line: string): void {
  if (records === undefined) return;
  const { time, level, msg, service: _inTheResource, trace_id: _ofTheSpan, span_id: _too, ...attributes } = JSON.parse(line);
  records.emit({
    timestamp: new Date(time),
    severityNumber: SEVERITY[level] ?? SeverityNumber.UNSPECIFIED,
    severityText: level,
    body: msg,
    attributes,
  });
}
