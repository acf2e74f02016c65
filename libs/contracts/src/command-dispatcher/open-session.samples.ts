import type { Samples } from '../message.js';
import { HOLDER, JWS, NONCE, SESSION, TERMINAL } from '../sample-values.js';
import { openSession } from './open-session.js';

export const samples: Samples = {
  contract: openSession,
  released: [{ proof: JWS, challenge: NONCE }],
  replies: [{ sessionId: SESSION, terminalId: TERMINAL }],
  refused: [
    { proof: JWS },
    { proof: 'a.b', challenge: NONCE },
    { proof: JWS, challenge: 'x'.repeat(61) },
    { proof: JWS, challenge: NONCE, terminalId: TERMINAL },
  ],
  refusedReplies: [{ sessionId: TERMINAL, terminalId: TERMINAL }, { sessionId: SESSION }, { sessionId: SESSION, terminalId: HOLDER }],
};
