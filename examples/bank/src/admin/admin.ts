/** The admin port: plain HTTP on loopback, for tests and for the demonstration. No bank has it. */
import Fastify, { type FastifyInstance } from 'fastify';
import type { Day } from '../ledger/calendar.js';
import { CUSTOMERS, customerNamed } from '../ledger/customers.js';
import { truthOf } from '../ledger/truth.js';
import type { Sessions } from '../site/sessions.js';
import type { Counters } from './counters.js';
import { ORDINARY, Scenario } from './scenario.js';

export interface AdminDeps {
  readonly seed: number;
  readonly today: () => Day;
  readonly sessions: Sessions;
  readonly counters: Counters;
}

export interface Admin {
  readonly app: FastifyInstance;
  readonly scenario: () => Scenario;
}

export function createAdmin({ seed, today, sessions, counters }: AdminDeps): Admin {
  let scenario = ORDINARY;
  const app = Fastify({ bodyLimit: 8_192, forceCloseConnections: true });
  const problem = (detail: string) => ({ error: detail });

  app.get('/truth', async (request, reply) => {
    const user = (request.query as { user?: unknown }).user;
    if (typeof user !== 'string' || !customerNamed(user)) return reply.code(404).send(problem('The bank has no such user'));
    return truthOf(seed, user, today());
  });
  app.get('/counters', async () => counters.read());
  app.delete('/counters', async (_request, reply) => {
    counters.reset();
    return reply.code(204).send();
  });
  app.get('/scenario', async () => scenario);
  /** Changes the named fields, leaves the others. */
  app.patch('/scenario', async (request, reply) => {
    const asked = Scenario.partial().safeParse(request.body ?? {});
    if (!asked.success) return reply.code(400).send(problem(asked.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; ')));
    const given = request.body as Record<string, unknown>;
    // A partial schema with defaults fills the gaps, so only what was given counts.
    scenario = { ...scenario, ...Object.fromEntries(Object.entries(asked.data).filter(([name]) => name in given)) };
    return scenario;
  });
  app.delete('/scenario', async () => {
    scenario = ORDINARY;
    return scenario;
  });
  /** Ends all sessions. */
  app.delete('/sessions', async () => ({ ended: sessions.endAll() }));
  /** Forgets wrong passwords of all customers. */
  app.delete('/locks', async (_request, reply) => {
    for (const { name } of CUSTOMERS) sessions.unlock(name);
    return reply.code(204).send();
  });
  return { app, scenario: () => scenario };
}
