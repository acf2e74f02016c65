import { verifyRoot } from '@enishi/crypto';
import { CookieJars } from '../bank/cookie-jars.js';
import { Home } from '../home/home.js';
import { lockRun } from '../home/run-lock.js';
import { writeLinkState } from '../home/state-file.js';
import { breakInWords } from '../journal/in-words.js';
import { Journal } from '../journal/journal.js';
import { ConnectorVersions } from '../order/connector-versions.js';
import { Agent } from '../session/agent.js';
import { expiryWarning } from '../vault/certificates.js';
import { FileKeyProvider } from '../vault/key-provider.js';
import { Vault } from '../vault/vault.js';
import { AGENT_VERSION } from '../version.js';
import type { ValuesOf } from './arguments.js';

/** Exit code when the platform has revoked this terminal. */
export const EXIT_REVOKED = 3;
const DAY_MS = 86_400_000;

/** Stays connected until Ctrl-C, SIGTERM, or revocation. */
export async function run(values: ValuesOf<'run'>, say: (words: string) => void): Promise<number> {
  const home = new Home(values.home);
  const identity = home.identity();
  home.make();
  const lock = await lockRun(home.folder);
  const told = (words: string) => say(`${new Date().toISOString().slice(0, 19)}Z ${words}`);
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal);
  const vault = await Vault.open(home, new FileKeyProvider(home.vaultKeyFile));
  const jars = new CookieJars(home, vault);
  const journal = new Journal(home);
  for (const chainBreak of journal.breaks) told(breakInWords(chainBreak));
  const daily = () => {
    jars.removeOld(new Date());
    warnOfExpiry(vault, told);
  };
  daily();
  const timer = setInterval(daily, DAY_MS);
  const writeState = (state: Parameters<typeof writeLinkState>[1]) => writeLinkState(home.stateFile, state);
  try {
    const agent = new Agent({
      identity,
      terminalId: identity.terminalId,
      root: verifyRoot(identity.root, identity.rootThumbprint),
      keys: vault.agentKeys(),
      vault,
      jars,
      journal,
      versions: new ConnectorVersions(home.versionsFile),
      say: told,
      now: () => new Date(),
      version: AGENT_VERSION,
      homeFolder: home.folder,
      writeState,
    });
    const end = await agent.run(stop.signal);
    if (end === 'revoked') {
      told('this terminal was revoked: it will not be let in again. Enrol it anew to use it (enishi-agent enrol --replace)');
      return EXIT_REVOKED;
    }
    writeState({ link: 'stopped', sessionId: null, reason: null, nextTryAt: null });
    return 0;
  } finally {
    clearInterval(timer);
    journal.close();
    await lock.release();
  }
}

function warnOfExpiry(vault: Vault, say: (words: string) => void): void {
  for (const [connectionId, connection] of vault.connections())
    for (const { subject, issuerCommonName, notAfter } of vault.certificatesOf(connection, say)) {
      const days = expiryWarning(notAfter, new Date());
      if (days === 0) say(`WARNING: the certificate of ${subject} by ${issuerCommonName} has expired (${connectionId})`);
      else if (days !== null)
        say(
          `WARNING: the certificate of ${subject} by ${issuerCommonName} ends within ${days} days, on ${notAfter.toISOString().slice(0, 10)} (${connectionId})`,
        );
    }
}
