/** What the bank's own ledger says: the measure of everything that was read. */
import { z } from 'zod';
import type { Layout } from '../layout.js';

const Amount = z.string().regex(/^-?\d+$/);
export const Truth = z.object({
  user: z.string(),
  accounts: z.array(
    z.object({
      number: z.string(),
      balance: Amount,
      transactions: z.array(z.object({ date: z.iso.date(), amount: Amount })),
    }),
  ),
});
export type Truth = z.infer<typeof Truth>;

export async function askTruth(layout: Layout, user: string): Promise<Truth> {
  return Truth.parse(await admin(layout, `/truth?user=${encodeURIComponent(user)}`));
}

async function admin(layout: Layout, path: string, init?: RequestInit): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${layout.ports['bank-admin']}${path}`, init);
  if (!answer.ok) throw new Error(`the bank's ledger answered ${answer.status} at ${path}`);
  return answer.json();
}

const Counters = z.object({
  /** Login forms sent, by user. */
  loginPosts: z.record(z.string(), z.number()),
  /** Requests of any kind that came through TLS. */
  requestsTotal: z.number(),
});

/** What the bank saw. */
export async function bankCounters(layout: Layout): Promise<z.infer<typeof Counters>> {
  return Counters.parse(await admin(layout, '/counters'));
}

/** How often the user's login form was sent. */
export async function loginsOf(layout: Layout, user: string): Promise<number> {
  return (await bankCounters(layout)).loginPosts[user] ?? 0;
}

/** Makes the bank slow: each answer comes so much later. */
export async function setScenario(layout: Layout, scenario: { slowMs: number }): Promise<void> {
  await admin(layout, '/scenario', {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(scenario),
  });
}
