import { readFileSync, rmSync } from 'node:fs';
import { parseEnrolmentCode } from '@enishi/crypto';
import { AppError } from '@enishi/errors';
import { Home } from '../home/home.js';
import { enrolTerminal, newEnrolmentTry } from '../relay/enrol-terminal.js';
import { FileKeyProvider } from '../vault/key-provider.js';
import { Vault } from '../vault/vault.js';
import { AGENT_VERSION } from '../version.js';
import { usageError, type ValuesOf } from './arguments.js';
import { readSecrets } from './read-secret.js';

/** Ties this PC to the account that the code is of. */
export async function enrol(values: ValuesOf<'enrol'>, say: (words: string) => void): Promise<number> {
  const home = new Home(values.home);
  if (!values.relay) throw usageError('--relay is missing');
  if (URL.parse(values.relay)?.protocol !== 'wss:') throw usageError('--relay must be a wss:// address', '--relay');
  if (home.isEnrolled() && !values.replace)
    throw new AppError('terminal-agent.already_enrolled', 'conflict', 'this PC is enrolled already; --replace enrols it anew', {
      place: home.folder,
    });
  const ca = values.ca === undefined ? null : readCa(values.ca);
  const [text = ''] = values.code ? [values.code] : await readSecrets(['Enrolment code']);
  const code = parseEnrolmentCode(text);
  home.make();
  const vault = await Vault.open(home, new FileKeyProvider(home.vaultKeyFile), { make: true });
  // On the disk before it is sent: when the answer is lost, the same code with the same keys is answered again.
  const attempt = vault.pendingEnrolment(code.codeId) ?? newEnrolmentTry(code.codeId);
  vault.savePendingEnrolment(attempt);
  const { identity, keys, clockIsOff } = await enrolTerminal(code, attempt, { url: values.relay, ca }, AGENT_VERSION);
  // Versions of connectors are counted under their root.
  if (home.isEnrolled() && home.identity().rootThumbprint !== identity.rootThumbprint) rmSync(home.versionsFile, { force: true });
  vault.saveAgentKeys(keys);
  // The identity says that all else is there. Dies before: enrol again with the same code.
  home.saveIdentity(identity);
  vault.removePendingEnrolment();
  say(`enrolled as ${identity.terminalId}`);
  if (clockIsOff) say('WARNING: the clock of this PC is more than 5 minutes off; set it, or orders will be refused as CLOCK_SKEWED');
  return 0;
}

function readCa(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AppError('terminal-agent.usage_wrong', 'invalid', 'the CA file cannot be read', { place: '--ca', cause });
  }
}
