import { isSpanContextValid, trace } from '@opentelemetry/api';
import { type Logger as PinoLogger, pino } from 'pino';
import { exportLine } from './log-export.js';
import { redact, redactText } from './redact.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

type Fields = Readonly<Record<string, unknown>>;
interface LogMethod {
  (message: string): void;
  /** Fields first: ids, counts, names. An error goes under `err`. */
  (fields: Fields, message: string): void;
}
export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  /** A logger whose lines all have these fields too. */
  child(fields: Fields): Logger;
}

/** Level of every logger of this process that was made without one. */
let processLevel: LogLevel = 'info';
const followers: PinoLogger[] = [];

/** From now on, loggers that were made without a level, and those that will be, have this one. */
export function setLogLevel(level: LogLevel): void {
  processLevel = level;
  for (const logger of followers) logger.level = level;
}

/**
 * JSON lines: time, level, service, msg, the fields, and trace_id and span_id of the active span.
 * Written synchronously to stdout (or `sink`), so that the last line before an exit is there. Everything goes through `redact`.
 * What goes to stdout is exported too, when there is a collector.
 */
export function createLogger(service: string, level?: LogLevel, sink?: { write(line: string): void }): Logger {
  const inner = pino(
    {
      level: level ?? processLevel,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => redact(fields) as Record<string, unknown>,
      },
      // `redact` has made plain fields of an error; pino's own way would read them as an error again.
      serializers: { err: (err: unknown) => err },
      hooks: {
        logMethod(args, method) {
          const clean = (args as unknown[]).map((arg) => (typeof arg === 'string' ? redactText(arg) : arg));
          method.apply(this, clean as Parameters<typeof method>);
        },
      },
      mixin: () => {
        const active = trace.getActiveSpan()?.spanContext();
        return active !== undefined && isSpanContextValid(active) ? { trace_id: active.traceId, span_id: active.spanId } : {};
      },
    },
    sink ?? writtenAndExported(),
  );
  if (level === undefined) followers.push(inner);
  return wrap(inner);
}

function writtenAndExported(): { write(line: string): void } {
  const stdout = pino.destination({ dest: 1, sync: true });
  return {
    write: (line) => {
      stdout.write(line);
      exportLine(line);
    },
  };
}

/** The small interface over pino; what a child always says is redacted once, here. */
function wrap(inner: PinoLogger): Logger {
  const method = (level: LogLevel) => inner[level].bind(inner) as LogMethod;
  return {
    debug: method('debug'),
    info: method('info'),
    warn: method('warn'),
    error: method('error'),
    child: (fields) => wrap(inner.child(redact(fields) as Record<string, unknown>)),
  };
}
