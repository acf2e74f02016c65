import type { Samples } from '../message.js';
import { JWE, JWS, ORDER, RUN, TERMINAL } from '../sample-values.js';
import { MAX_FRAME_BYTES } from '../terminal/frames.js';
import { acceptResult } from './accept-result.js';

const input = { orderId: ORDER, terminalId: TERMINAL, jwe: JWE };

export const samples: Samples = {
  contract: acceptResult,
  released: [input],
  replies: [{ stored: true }],
  refused: [
    { ...input, orderId: RUN },
    { ...input, jwe: JWS },
    { ...input, jwe: `e.e.e.${'A'.repeat(MAX_FRAME_BYTES)}.e` },
    { ...input, body: '<html>' },
  ],
  refusedReplies: [{ stored: false }, {}],
};
