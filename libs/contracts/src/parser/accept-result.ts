import { z } from 'zod';
import { OrderId, TerminalId } from '../ids.js';
import { request } from '../message.js';
import { MAX_FRAME_BYTES } from '../terminal/frames.js';
import { CompactJwe } from '../terminal/keys.js';

/** Takes a sealed result, stores it and reads it. Answers when it is stored: the agent may then forget it. (A4, A5) */
export const acceptResult = request('parser.result.accept.v1', {
  summary: 'Takes a sealed result from a terminal',
  input: z.strictObject({ orderId: OrderId, terminalId: TerminalId, jwe: CompactJwe.max(MAX_FRAME_BYTES) }),
  output: z.strictObject({ stored: z.literal(true) }),
  errors: { result_refused: 'denied', order_not_open: 'conflict' },
  callers: ['terminal-relay'],
  timeoutMs: 10_000,
});
