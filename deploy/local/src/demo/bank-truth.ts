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
      transactions: z.array(z.object({ date: z.iso.date(), amount: Amount, description: z.string() })),
    }),
  ),
});
export type Truth = z.infer<typeof Truth>;

export async function askTruth(layout: Layout, user: string): Promise<Truth> {
  return Truth.parse(await admin(layout, `/truth?user=${encodeURIComponent(user)}`));
}

async function admin(layout: Layout, path: string): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${layout.ports['bank-admin']}${path}`);
  if (!answer.ok) throw new Error(`the bank's ledger answered ${answer.status} at ${path}`);
  return answer.json();
}

/** How often each user's login form was sent. */
export async function loginsOf(layout: Layout, user: string): Promise<number> {
  const Counters = z.object({ logins: z.record(z.string(), z.number()) });
  return Counters.parse(await admin(layout, '/counters')).logins[user] ?? 0;
}
