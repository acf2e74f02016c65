import { z } from 'zod';
import { AccountId, ConnectionId, HolderId, RunId } from '../ids.js';
import { request } from '../message.js';
import { Text } from '../values.js';

export const Reconciliation = z.strictObject({
  /** reconciled: opening + sum = closing · mismatch: it is not · unknown: a balance is not in the data */
  state: z.enum(['reconciled', 'mismatch', 'unknown']),
  /** closing - (opening + sum), decimal string */
  delta: Text.nullable(),
});

/** Stores all that a run has read, in one transaction; asked again, it answers the same. (A5) */
export const commitRun = request('parser.run.commit.v1', {
  summary: 'Stores all that a finished run has read, in one transaction',
  input: z.strictObject({ runId: RunId, connectionId: ConnectionId, holderId: HolderId }),
  output: z.strictObject({
    accounts: z.array(
      z.strictObject({ accountId: AccountId, read: z.number().int(), added: z.number().int(), reconciliation: Reconciliation }),
    ),
  }),
  errors: { run_incomplete: 'conflict', run_unknown: 'missing' },
  callers: ['command-dispatcher'],
  timeoutMs: 15_000,
});
