import type { Samples } from '../message.js';
import { AT, SESSION, TERMINAL } from '../sample-values.js';
import { terminalAttached } from './terminal-attached.js';

const payload = { terminalId: TERMINAL, sessionId: SESSION, attachedAt: AT };

export const samples: Samples = {
  contract: terminalAttached,
  released: [payload],
  refused: [{ ...payload, sessionId: null }, { ...payload, terminalId: SESSION }, { ...payload, address: '192.0.2.1' }, null],
};
