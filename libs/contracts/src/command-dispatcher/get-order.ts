import { z } from 'zod';
import { ConnectionId, HolderId, OrderId, RunId, TerminalId } from '../ids.js';
import { request } from '../message.js';
import { SigningJwk } from '../terminal/keys.js';
import { Sha256 } from '../terminal/order.js';
import { Day, Text } from '../values.js';

/** What the parser must know to accept a result: whether its order is open, and whose key must have signed it. */
export const getOrder = request('command-dispatcher.order.get.v1', {
  summary: 'Tells whether an order is open, and what its result must match',
  input: z.strictObject({ orderId: OrderId }),
  output: z.strictObject({
    orderId: OrderId,
    runId: RunId,
    connectionId: ConnectionId,
    holderId: HolderId,
    terminalId: TerminalId,
    step: z.number().int(),
    request: Text,
    /** Params of the request, for example which account it is for. */
    params: z.record(Text, Text),
    /** Asked period, YYYY-MM-DD. */
    period: z.strictObject({ from: Day, to: Day }),
    agentKey: SigningJwk,
    /** One per time that the order was issued. */
    orderHashes: z.array(Sha256).min(1),
    connectorId: Text,
    connectorVersion: z.number().int(),
    connectorHash: Sha256,
  }),
  errors: { order_unknown: 'missing', order_closed: 'conflict' },
  callers: ['parser'],
  timeoutMs: 3_000,
});
