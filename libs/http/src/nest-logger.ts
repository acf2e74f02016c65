import type { Logger } from '@enishi/telemetry';
import type { LoggerService } from '@nestjs/common';

/** Nest's own lines in our log: its news of start are for debugging only. */
export function nestLogger(log: Logger): LoggerService {
  const line =
    (level: 'debug' | 'warn' | 'error') =>
    (message: unknown, ...rest: unknown[]) => {
      const text = rest.filter((part): part is string => typeof part === 'string').join(' ');
      if (message instanceof Error) log[level]({ err: message, nest: text }, 'nest');
      else log[level]({ nest: text }, String(message));
    };
  return {
    log: line('debug'),
    debug: line('debug'),
    verbose: line('debug'),
    warn: line('warn'),
    error: line('error'),
    fatal: line('error'),
  };
}
