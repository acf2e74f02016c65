import { z } from 'zod';
import { request } from '../message.js';
import { CompactJws, EnrolmentRequest } from '../terminal/keys.js';

/** Binds a new terminal to the holder who was given the one-time code. The relay only carries it. (A9) */
export const enrolTerminal = request('command-dispatcher.terminal.enrol.v1', {
  summary: 'Binds a new terminal to the holder of a one-time enrolment code',
  input: z.strictObject({ request: EnrolmentRequest }),
  output: z.strictObject({ receipt: CompactJws }),
  errors: { code_not_valid: 'denied', mac_wrong: 'denied', key_weak: 'denied', agent_outdated: 'denied' },
  callers: ['terminal-relay'],
  timeoutMs: 5_000,
});
