import type { Samples } from '../message.js';
import { AT, SESSION, TERMINAL } from '../sample-values.js';
import { getPresence } from './get-presence.js';

export const samples: Samples = {
  contract: getPresence,
  released: [{ terminalIds: [TERMINAL] }, { terminalIds: [] }],
  replies: [{ terminals: [{ terminalId: TERMINAL, attached: true, lastSeenAt: AT }] }, { terminals: [] }],
  refused: [{}, { terminalIds: TERMINAL }, { terminalIds: [SESSION] }, { terminalIds: Array.from({ length: 101 }, () => TERMINAL) }],
  refusedReplies: [{ terminals: [{ terminalId: TERMINAL, attached: 'yes', lastSeenAt: AT }] }, { terminals: null }],
};
