import { z } from 'zod';
import { SessionId } from '../ids.js';
import { request } from '../message.js';

/** Ends a session: a newer one has taken its place, or the terminal was revoked. */
export const closeSession = request('terminal-relay.session.close.v1', {
  summary: 'Ends a session of a terminal',
  input: z.strictObject({ sessionId: SessionId, reason: z.enum(['replaced', 'revoked']) }),
  output: z.strictObject({ closed: z.literal(true) }),
  errors: {},
  callers: ['command-dispatcher'],
  timeoutMs: 2_000,
  addressedBy: 'sessionId',
});
