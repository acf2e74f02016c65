import { Home } from '../home/home.js';
import { isRunning } from '../home/run-lock.js';
import { type LinkState, readLinkState } from '../home/state-file.js';
import { breakInWords } from '../journal/in-words.js';
import { readJournal } from '../journal/journal.js';
import { OrderBook } from '../journal/order-book.js';
import { loginsToday } from '../order/check-login-limit.js';
import { expiryWarning } from '../vault/certificates.js';
import { nameInWords } from '../vault/distinguished-name.js';
import { FileKeyProvider } from '../vault/key-provider.js';
import { Vault } from '../vault/vault.js';
import type { ValuesOf } from './arguments.js';

/** Exit 0 when enrolled, 1 when not. */
export async function status(values: ValuesOf<'status'>, say: (words: string) => void): Promise<number> {
  const home = new Home(values.home);
  if (!home.isEnrolled()) {
    say(`not enrolled (${home.folder}); run enishi-agent enrol`);
    return 1;
  }
  const identity = home.identity();
  say(`terminal     ${identity.terminalId}, enrolled ${identity.enrolledAt.slice(0, 10)}`);
  say(`platform     ${identity.relayUrl}, root ${identity.rootThumbprint}`);
  say(`link         ${linkInWords(readLinkState(home.stateFile), await isRunning(home.folder))}`);
  const { lines, breaks } = readJournal(home.journalFolder);
  const book = new OrderBook();
  for (const line of lines) book.apply(line);
  say(`orders       ${lines.filter(({ what }) => what === 'done').length} done, ${book.open().length} not confirmed by the platform`);
  for (const chainBreak of breaks) say(breakInWords(chainBreak));
  const vault = await Vault.open(home, new FileKeyProvider(home.vaultKeyFile));
  for (const [connectionId, connection] of vault.connections()) {
    const logins = loginsToday(book.onceBegunOf(connectionId), new Date());
    say(`connection   ${connectionId}: secrets ${Object.keys(connection.secrets).join(', ') || 'none'}; logins today: ${logins}`);
    for (const { subject, issuer, notAfter } of vault.certificatesOf(connection, (words) => say(`  WARNING    ${words}`)))
      say(`  certificate ${subject} by ${nameInWords(issuer)}, ${endsInWords(notAfter, new Date())}`);
  }
  return 0;
}

function linkInWords(state: LinkState | null, running: boolean): string {
  if (!running) return state?.link === 'revoked' ? 'revoked by the platform' : 'not running; start enishi-agent run';
  if (!state) return 'starting';
  const since = `since ${state.since.slice(0, 19).replace('T', ' ')}Z`;
  switch (state.link) {
    case 'connected':
      return `connected ${since} (${state.sessionId})`;
    case 'waiting':
      return `not connected ${since}: ${state.reason ?? ''}; next try ${state.nextTryAt ?? 'soon'}`;
    case 'connecting':
      return `connecting ${since}`;
    case 'revoked':
      return 'revoked by the platform';
    case 'stopped':
      return 'stopping';
  }
}

export function endsInWords(notAfter: Date, now: Date): string {
  const date = notAfter.toISOString().slice(0, 10);
  const warning = expiryWarning(notAfter, now);
  if (warning === 0) return `EXPIRED on ${date}: renew it at the bank`;
  return warning === null ? `valid until ${date}` : `valid until ${date} — WARNING: ends within ${warning} day${warning === 1 ? '' : 's'}`;
}
