import { z } from 'zod';
import { SessionId, TerminalId } from '../ids.js';
import { request } from '../message.js';
import { CompactJws } from '../terminal/keys.js';
import { Text } from '../values.js';

/** Checks the terminal's proof and makes this its only session; the one before is closed. (A9) */
export const openSession = request('command-dispatcher.session.open.v1', {
  summary: "Checks a terminal's proof and makes this its only session",
  input: z.strictObject({ proof: CompactJws, challenge: Text.max(60) }),
  output: z.strictObject({ sessionId: SessionId, terminalId: TerminalId }),
  errors: { terminal_unknown: 'missing', terminal_revoked: 'denied', proof_wrong: 'denied' },
  callers: ['terminal-relay'],
  timeoutMs: 5_000,
});
