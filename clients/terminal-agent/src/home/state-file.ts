/** What `run` tells `status` about its link to the relay. */
import { existsSync } from 'node:fs';
import { SessionId } from '@enishi/contracts';
import { z } from 'zod';
import { writeWhole } from './durable-file.js';
import { readJson } from './home.js';

export const LinkState = z.strictObject({
  link: z.enum(['connecting', 'connected', 'waiting', 'revoked', 'stopped']),
  since: z.iso.datetime(),
  sessionId: SessionId.nullable(),
  /** Why the last link ended; plain words. */
  reason: z.string().nullable(),
  nextTryAt: z.iso.datetime().nullable(),
});
export type LinkState = z.infer<typeof LinkState>;

/** What cannot be written (a full disk) is let go: it is a hint for `status`, and the link shall not end of it. */
export function writeLinkState(file: string, state: Omit<LinkState, 'since'>): void {
  const whole: LinkState = { ...state, since: new Date().toISOString() };
  try {
    writeWhole(file, `${JSON.stringify(whole)}\n`);
  } catch {
    // The state before stays.
  }
}

/** Null when `run` has never been started, or died within its very first write. */
export function readLinkState(file: string): LinkState | null {
  if (!existsSync(file)) return null;
  try {
    return readJson(file, LinkState);
  } catch {
    return null;
  }
}
