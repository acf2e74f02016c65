import { z } from 'zod';
import { TerminalId } from '../ids.js';
import { request } from '../message.js';
import { Moment } from '../values.js';

export const Presence = z.strictObject({ terminalId: TerminalId, attached: z.boolean(), lastSeenAt: Moment });

/** Which of these terminals are attached to any relay, and when each was last seen. Unknown ones are left out. */
export const getPresence = request('terminal-relay.presence.get.v1', {
  summary: 'Tells which terminals are attached',
  input: z.strictObject({ terminalIds: z.array(TerminalId).max(100) }),
  output: z.strictObject({ terminals: z.array(Presence) }),
  errors: {},
  callers: ['command-dispatcher'],
  timeoutMs: 2_000,
});
