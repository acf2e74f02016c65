import type { Samples } from '../message.js';
import { CONNECTION, HOLDER, ORDER, RUN, SEALING_KEY, SHA256, SIGNING_KEY, TERMINAL } from '../sample-values.js';
import { getOrder } from './get-order.js';

const reply = {
  orderId: ORDER,
  runId: RUN,
  connectionId: CONNECTION,
  holderId: HOLDER,
  terminalId: TERMINAL,
  step: 4,
  request: 'statement',
  params: { account: '0' },
  period: { from: '2026-08-24', to: '2026-11-22' },
  agentKey: SIGNING_KEY,
  orderHashes: [SHA256],
  connectorId: 'tsubame-bank',
  connectorVersion: 1,
  connectorHash: SHA256,
};

export const samples: Samples = {
  contract: getOrder,
  released: [{ orderId: ORDER }],
  replies: [reply, { ...reply, step: 1, params: {}, orderHashes: [SHA256, SHA256] }],
  refused: [{}, { orderId: RUN }, { orderId: ORDER.toUpperCase() }, { orderId: ORDER, runId: RUN }],
  refusedReplies: [
    { ...reply, orderHashes: [] },
    { ...reply, agentKey: SEALING_KEY },
    { ...reply, period: { from: '2026/08/24', to: '2026-11-22' } },
    { ...reply, connectorHash: 'short' },
  ],
};
