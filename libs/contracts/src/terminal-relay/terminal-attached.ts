import { z } from 'zod';
import { SessionId, TerminalId } from '../ids.js';
import { event } from '../message.js';
import { Moment } from '../values.js';

/** A terminal is attached and takes orders: runs that wait for it may go on. */
export const terminalAttached = event('terminal-relay.terminal.attached.v1', {
  summary: 'A terminal is attached and takes orders',
  payload: z.strictObject({ terminalId: TerminalId, sessionId: SessionId, attachedAt: Moment }),
  hearers: ['command-dispatcher'],
  // As for page.read: runs wait for it.
  ackWaitMs: 5_000,
});
