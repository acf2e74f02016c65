/** The user's secrets for each bank, on this PC and nowhere else. Sealed under a key that lies apart. */
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { ConnectionId } from '@enishi/contracts';
import { openAtRest, PrivateSealingJwk, PrivateSigningJwk, randomToken, sealAtRest } from '@enishi/crypto';
import { AppError } from '@enishi/errors';
import { z } from 'zod';
import { writeDurably } from '../home/durable-file.js';
import type { Home } from '../home/home.js';
import { type ClientCertificate, loadCertificate, StoredCertificate } from './certificates.js';
import type { KeyProvider } from './key-provider.js';

const SecretName = z.string().regex(/^[a-z][A-Za-z0-9]{0,39}$/, 'must be a name in camelCase, 40 characters at most');
/** Per connection; the oldest goes. */
export const MAX_CERTIFICATES = 10;

const VaultConnection = z.strictObject({
  /** Origin of the bank that all of it is for, as the user named it. Null (from before it was asked for): it goes nowhere. */
  origin: z.string().nullable().default(null),
  /** Opaque; a new one each time that anything here changes. The platform learns it, and by it that a rejected password was corrected. */
  credentialVersion: z.string(),
  certificates: z.array(StoredCertificate).max(MAX_CERTIFICATES),
  secrets: z.record(SecretName, z.string().min(1).max(500)),
});
export type VaultConnection = z.infer<typeof VaultConnection>;
const VaultContent = z.strictObject({ version: z.literal(1), connections: z.record(ConnectionId, VaultConnection) });
type VaultContent = z.infer<typeof VaultContent>;

const AgentPrivateKeys = z.strictObject({ signing: PrivateSigningJwk, sealing: PrivateSealingJwk });
export type AgentPrivateKeys = z.infer<typeof AgentPrivateKeys>;

const PendingEnrolment = z.strictObject({ codeId: z.string(), keys: AgentPrivateKeys, nonce: z.string() });

const PENDING_PLACE = 'enishi-agent enrolment v1';
const VAULT_PLACE = 'enishi-agent vault v1';
const KEYS_PLACE = 'enishi-agent keys v1';

export class Vault {
  private constructor(
    private readonly home: Home,
    private readonly key: Buffer,
  ) {}

  static async open(home: Home, provider: KeyProvider, options: { make: boolean } = { make: false }): Promise<Vault> {
    return new Vault(home, await provider.key(options.make));
  }

  private content(): VaultContent {
    if (!existsSync(this.home.vaultFile)) return { version: 1, connections: {} };
    return this.read(this.home.vaultFile, VAULT_PLACE, VaultContent);
  }

  private read<S extends z.ZodType>(file: string, place: string, schema: S): z.infer<S> {
    try {
      return schema.parse(JSON.parse(openAtRest(this.key, readFileSync(file), place).toString('utf8')));
    } catch (cause) {
      throw new AppError('terminal-agent.home_damaged', 'broken', 'a sealed file cannot be opened with the vault key', {
        place: file,
        cause,
      });
    }
  }

  /** What is kept for a connection; undefined when nothing is. Read from the disk each time: `connect` is another process. */
  connection(connectionId: ConnectionId): VaultConnection | undefined {
    return this.content().connections[connectionId];
  }

  connections(): [ConnectionId, VaultConnection][] {
    return Object.entries(this.content().connections) as [ConnectionId, VaultConnection][];
  }

  /** Opaque version of the secrets of each connection, for the session proof. */
  credentialVersions(): Record<string, string> {
    return Object.fromEntries(this.connections().map(([id, { credentialVersion }]) => [id, credentialVersion]));
  }

  /**
   * Adds or replaces; the credential version becomes another one. For another origin it begins anew: nothing that was
   * given for one bank comes to stand for another.
   * @throws AppError terminal-agent.vault_busy
   */
  change(
    connectionId: ConnectionId,
    change: { origin: string; secrets?: Record<string, string>; certificate?: StoredCertificate | undefined },
  ): void {
    const lock = this.lock();
    try {
      this.changeLocked(connectionId, change);
    } finally {
      closeSync(lock);
      rmSync(this.home.vaultLockFile, { force: true });
    }
  }

  /** Two changes at once would each write what it read, and one would be lost. */
  private lock(): number {
    try {
      return openSync(this.home.vaultLockFile, 'wx', 0o600);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
      throw new AppError(
        'terminal-agent.vault_busy',
        'conflict',
        'another enishi-agent connect is writing the vault: try again (and remove this file if none is)',
        { place: this.home.vaultLockFile, cause },
      );
    }
  }

  private changeLocked(connectionId: ConnectionId, change: Parameters<Vault['change']>[1]): void {
    const content = this.content();
    const known = content.connections[connectionId];
    const before = known?.origin === change.origin ? known : { certificates: [], secrets: {} };
    const added = change.certificate;
    const others = before.certificates.filter((stored) => JSON.stringify(stored) !== JSON.stringify(added));
    content.connections[connectionId] = {
      origin: change.origin,
      credentialVersion: randomToken(12),
      certificates: (added ? [...others, added] : others).slice(-MAX_CERTIFICATES),
      secrets: { ...before.secrets, ...change.secrets },
    };
    const checked = VaultContent.parse(content);
    writeDurably(this.home.vaultFile, sealAtRest(this.key, Buffer.from(JSON.stringify(checked)), VAULT_PLACE));
  }

  /** Those that can be read; one that cannot is told to `warn` and passed over. */
  certificatesOf(connection: VaultConnection, warn: (what: string) => void): ClientCertificate[] {
    return connection.certificates.flatMap((stored) => {
      try {
        return [loadCertificate(stored)];
      } catch (error) {
        warn(error instanceof AppError ? `${error.message} (${error.place})` : 'a certificate cannot be read');
        return [];
      }
    });
  }

  /** The agent's own keys, made on this PC at enrolment. */
  agentKeys(): AgentPrivateKeys {
    return this.read(this.home.keysFile, KEYS_PLACE, AgentPrivateKeys);
  }

  saveAgentKeys(keys: AgentPrivateKeys): void {
    writeDurably(this.home.keysFile, sealAtRest(this.key, Buffer.from(JSON.stringify(keys)), KEYS_PLACE));
  }

  /** An enrolment that was begun with this code; undefined when none was. */
  pendingEnrolment(codeId: string): z.infer<typeof PendingEnrolment> | undefined {
    if (!existsSync(this.home.enrolmentFile)) return undefined;
    const pending = this.read(this.home.enrolmentFile, PENDING_PLACE, PendingEnrolment);
    return pending.codeId === codeId ? pending : undefined;
  }
  savePendingEnrolment(pending: z.infer<typeof PendingEnrolment>): void {
    writeDurably(this.home.enrolmentFile, sealAtRest(this.key, Buffer.from(JSON.stringify(pending)), PENDING_PLACE));
  }
  removePendingEnrolment(): void {
    rmSync(this.home.enrolmentFile, { force: true });
  }

  /** Seals what else lies in the home (cookie jars). `place` binds it to its owner. */
  seal(bytes: Uint8Array, place: string): Buffer {
    return sealAtRest(this.key, bytes, place);
  }
  unseal(sealed: Uint8Array, place: string): Buffer {
    return openAtRest(this.key, sealed, place);
  }
}
