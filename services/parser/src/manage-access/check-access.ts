/** What of a holder's data a client may see: nothing until the holder has decided. (A6) */
import { listAccounts } from '@enishi/contracts';
import { failure } from '@enishi/errors';
import type { Policy } from '../access.store.js';

/** @throws access_not_granted */
export function checkGranted(policy: Policy | null): Policy {
  if (!policy || policy.accounts?.length === 0)
    throw failure(listAccounts, 'access_not_granted', 'The holder has not let this client see anything.');
  return policy;
}

export function maySee({ accounts }: Policy, accountId: string): boolean {
  return accounts === null || accounts.includes(accountId);
}

/** The later of the two days; null: no bound. */
export function boundedFrom({ since }: Policy, from: string | undefined): string | null {
  if (since === null || from === undefined) return since ?? from ?? null;
  return since > from ? since : from;
}
