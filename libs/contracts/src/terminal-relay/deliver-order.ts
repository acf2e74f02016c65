import { z } from 'zod';
import { OrderId, SessionId } from '../ids.js';
import { request } from '../message.js';
import { CompactJwe } from '../terminal/keys.js';
import { Moment } from '../values.js';

/** Hands a sealed order to the terminal on the other end of this session; answers when the terminal has it on disk. (A1) */
export const deliverOrder = request('terminal-relay.order.deliver.v1', {
  summary: 'Hands a sealed order to a terminal',
  input: z.strictObject({ sessionId: SessionId, orderId: OrderId, jwe: CompactJwe }),
  output: z.strictObject({ takenAt: Moment }),
  errors: { terminal_away: 'busy', order_too_large: 'invalid' },
  callers: ['command-dispatcher'],
  timeoutMs: 6_000,
  addressedBy: 'sessionId',
});
