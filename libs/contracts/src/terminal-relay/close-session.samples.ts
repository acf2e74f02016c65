import type { Samples } from '../message.js';
import { SESSION, TERMINAL } from '../sample-values.js';
import { closeSession } from './close-session.js';

export const samples: Samples = {
  contract: closeSession,
  released: [
    { sessionId: SESSION, reason: 'replaced' },
    { sessionId: SESSION, reason: 'revoked' },
  ],
  replies: [{ closed: true }],
  refused: [{ sessionId: SESSION }, { sessionId: SESSION, reason: 'because' }, { sessionId: TERMINAL, reason: 'revoked' }],
  refusedReplies: [{ closed: false }, {}],
};
