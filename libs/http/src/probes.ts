/** The doors of operators: alive, ready, measured. They need no token and say nothing of anyone's data. */
import { platformError } from '@enishi/errors';
import { exposition, type Logger, METRICS_CONTENT_TYPE } from '@enishi/telemetry';
import type { FastifyInstance } from 'fastify';
import type { HttpLimits } from './limits.js';
import { headersOf, PROBLEM_CONTENT_TYPE, problemOf } from './problem.js';
import type { ReadinessCheck } from './readiness.js';

export const PROBE_PATHS: ReadonlySet<string> = new Set(['/livez', '/readyz', '/metrics']);

export interface ProbeOptions {
  readonly service: string;
  readonly checks: () => readonly ReadinessCheck[];
  /** True from the moment that the service drains. */
  readonly draining: () => boolean;
  readonly limits: HttpLimits;
  readonly log: Logger;
}

/** /livez: this process answers. /readyz: what it needs is there too. /metrics: OpenMetrics. */
export function addProbes(server: FastifyInstance, { service, checks, draining, limits, log }: ProbeOptions): void {
  server.get('/livez', () => ({ status: 'alive', service }));

  server.get('/readyz', async (_request, reply) => {
    const states = await Promise.all(
      checks().map(async (dependency): Promise<[string, 'ready' | 'away']> => {
        const { name } = dependency;
        try {
          await within(limits.readinessMs, () => dependency.check());
          return [name, 'ready'];
        } catch (err) {
          log.warn({ err, dependency: name }, 'a dependency is away');
          return [name, 'away'];
        }
      }),
    );
    const dependencies = Object.fromEntries(states);
    const away = states.filter(([, state]) => state === 'away').map(([name]) => name);
    if (away.length === 0 && !draining()) return { status: 'ready', service, dependencies };
    const error = platformError('not_available', draining() ? 'This process is about to end.' : `Away: ${away.join(', ')}.`);
    return reply
      .status(503)
      .headers(headersOf(error))
      .type(PROBLEM_CONTENT_TYPE)
      .send(JSON.stringify({ ...problemOf(error), service, dependencies }));
  });

  server.get('/metrics', async (_request, reply) => reply.type(METRICS_CONTENT_TYPE).send(await exposition()));
}

async function within(ms: number, check: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${ms} ms`)), ms);
  });
  try {
    await Promise.race([check(), limit]);
  } finally {
    clearTimeout(timer);
  }
}
