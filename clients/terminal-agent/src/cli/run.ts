import { Home } from '../home/home.js';
import { lockRun } from '../home/run-lock.js';
import { breakInWords } from '../journal/in-words.js';
import { openAgent } from '../session/open-agent.js';
import { expiryWarning } from '../vault/certificates.js';
import { nameInWords } from '../vault/distinguished-name.js';
import type { Vault } from '../vault/vault.js';
import type { ValuesOf } from './arguments.js';

/** Exit code when the platform has revoked this terminal. */
export const EXIT_REVOKED = 3;
const DAY_MS = 86_400_000;

/** Stays connected until Ctrl-C, SIGTERM, or revocation. */
export async function run(values: ValuesOf<'run'>, say: (words: string) => void): Promise<number> {
  const home = new Home(values.home);
  // Before the lock, which lies in the home.
  home.identity();
  home.make();
  const lock = await lockRun(home.folder);
  const told = (words: string) => say(`${new Date().toISOString().slice(0, 19)}Z ${words}`);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const { agent, parts, close } = await openAgent(home, told);
  for (const chainBreak of parts.journal.breaks) told(breakInWords(chainBreak));
  const daily = () => {
    parts.jars.removeOld(new Date());
    warnOfExpiry(parts.vault, told);
  };
  daily();
  const timer = setInterval(daily, DAY_MS);
  try {
    if ((await agent.run(stop.signal)) === 'revoked') {
      told('this terminal was revoked: it will not be let in again. Enrol it anew to use it (enishi-agent enrol --replace)');
      return EXIT_REVOKED;
    }
    parts.writeState({ link: 'stopped', sessionId: null, reason: null, nextTryAt: null });
    return 0;
  } finally {
    clearInterval(timer);
    close();
    await lock.release();
  }
}

function warnOfExpiry(vault: Vault, say: (words: string) => void): void {
  for (const [connectionId, connection] of vault.connections())
    for (const { subject, issuer, notAfter } of vault.certificatesOf(connection, say)) {
      const days = expiryWarning(notAfter, new Date());
      const what = `the certificate of ${subject} by ${nameInWords(issuer)}`;
      if (days === 0) say(`WARNING: ${what} has expired (${connectionId})`);
      else if (days !== null) say(`WARNING: ${what} ends within ${days} days, on ${notAfter.toISOString().slice(0, 10)} (${connectionId})`);
    }
}
