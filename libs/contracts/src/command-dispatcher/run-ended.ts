import { z } from 'zod';
import { Cause } from '../causes.js';
import { ConnectionId, HolderId, RunId } from '../ids.js';
import { event } from '../message.js';
import { Moment } from '../values.js';

/** A run came to its end. The parser drops what an unfinished one had staged. */
export const runEnded = event('command-dispatcher.run.ended.v1', {
  summary: 'A run finished, or failed with a named cause',
  payload: z.strictObject({
    runId: RunId,
    connectionId: ConnectionId,
    holderId: HolderId,
    outcome: z.enum(['finished', 'failed']),
    cause: Cause.nullable(),
    endedAt: Moment,
  }),
  hearers: ['parser'],
});
