/** Puts the agent together from what lies in a home. Only the holder of the run lock may. */
import { verifyRoot } from '@enishi/crypto';
import type { Resolve } from '../bank/connect-bank.js';
import { CookieJars } from '../bank/cookie-jars.js';
import type { Home } from '../home/home.js';
import { writeLinkState } from '../home/state-file.js';
import { Journal } from '../journal/journal.js';
import { ConnectorVersions } from '../order/connector-versions.js';
import { FileKeyProvider } from '../vault/key-provider.js';
import { Vault } from '../vault/vault.js';
import { AGENT_VERSION } from '../version.js';
import { Agent, type AgentParts } from './agent.js';

export interface OpenAgent {
  readonly agent: Agent;
  readonly parts: AgentParts;
  readonly close: () => void;
}

/** @throws AppError terminal-agent.not_enrolled, terminal-agent.home_damaged; CryptoError when the root was changed */
export async function openAgent(home: Home, say: (words: string) => void, options: { resolve?: Resolve } = {}): Promise<OpenAgent> {
  const identity = home.identity();
  home.make();
  const vault = await Vault.open(home, new FileKeyProvider(home.vaultKeyFile));
  const journal = new Journal(home);
  const parts: AgentParts = {
    identity,
    terminalId: identity.terminalId,
    root: verifyRoot(identity.root, identity.rootThumbprint),
    keys: vault.agentKeys(),
    vault,
    jars: new CookieJars(home, vault),
    journal,
    versions: new ConnectorVersions(home.versionsFile),
    say,
    now: () => new Date(),
    version: AGENT_VERSION,
    homeFolder: home.folder,
    writeState: (state) => writeLinkState(home.stateFile, state),
    resolve: options.resolve,
  };
  return { agent: new Agent(parts), parts, close: () => journal.close() };
}
