import type { Samples } from '../message.js';
import { ACCOUNT, CONNECTION, HOLDER, RUN, TERMINAL } from '../sample-values.js';
import { commitRun } from './commit-run.js';

const input = { runId: RUN, connectionId: CONNECTION, holderId: HOLDER };
const account = { accountId: ACCOUNT, read: 42, added: 3, reconciliation: { state: 'reconciled', delta: '0' } };

export const samples: Samples = {
  contract: commitRun,
  released: [input],
  replies: [{ accounts: [account] }, { accounts: [] }, { accounts: [{ ...account, reconciliation: { state: 'unknown', delta: null } }] }],
  refused: [{ ...input, holderId: TERMINAL }, { runId: RUN }, { ...input, force: true }],
  refusedReplies: [
    { accounts: [{ ...account, read: 1.5 }] },
    { accounts: [{ ...account, reconciliation: { state: 'fine', delta: null } }] },
    { accounts: [{ ...account, balance: '100' }] },
  ],
};
