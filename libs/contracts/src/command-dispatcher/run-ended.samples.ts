import type { Samples } from '../message.js';
import { AT, CONNECTION, HOLDER, RUN } from '../sample-values.js';
import { runEnded } from './run-ended.js';

const payload = { runId: RUN, connectionId: CONNECTION, holderId: HOLDER, outcome: 'finished', cause: null, endedAt: AT };

export const samples: Samples = {
  contract: runEnded,
  released: [payload, { ...payload, outcome: 'failed', cause: 'CREDENTIALS_REJECTED' }],
  refused: [
    { ...payload, outcome: 'aborted' },
    { ...payload, outcome: 'failed', cause: 'SOMETHING_ELSE' },
    { ...payload, endedAt: 'yesterday' },
    { ...payload, runId: CONNECTION },
    { ...payload, accounts: [] },
  ],
};
