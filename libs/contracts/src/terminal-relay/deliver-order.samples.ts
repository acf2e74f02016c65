import type { Samples } from '../message.js';
import { AT, JWE, JWS, ORDER, SESSION } from '../sample-values.js';
import { deliverOrder } from './deliver-order.js';

const input = { sessionId: SESSION, orderId: ORDER, jwe: JWE };

export const samples: Samples = {
  contract: deliverOrder,
  released: [input],
  replies: [{ takenAt: AT }],
  refused: [
    { ...input, jwe: JWS },
    { ...input, sessionId: '*' },
    { ...input, sessionId: `${SESSION}.>` },
    { ...input, url: 'https://bank.example/' },
  ],
  refusedReplies: [{}, { takenAt: null }],
};
