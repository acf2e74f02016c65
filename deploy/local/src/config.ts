/** What the launcher takes from its own environment; nothing else of it reaches the platform's processes. */
import { z } from 'zod';

const Environment = z.object({
  PATH: z.string().default('/usr/bin:/bin'),
  HOME: z.string().default('/'),
  /** Spans of the platform go there (OTLP over HTTP); absent: nowhere. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
  CI: z.string().optional(),
});
const environment = Environment.parse(process.env);

export const otlpEndpoint: string | undefined = environment.OTEL_EXPORTER_OTLP_ENDPOINT;
/** True where no person looks on. */
export const inCi: boolean = environment.CI !== undefined && environment.CI !== '';

/** PATH and HOME, for programs that look for others. */
export function inheritedEnvironment(): Record<string, string> {
  return { PATH: environment.PATH, HOME: environment.HOME };
}

/** The whole environment, for the development tools that `check` and `test` run. */
export function toolEnvironment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  return { ...process.env, ...extra };
}
