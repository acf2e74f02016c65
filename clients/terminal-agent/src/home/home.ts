/** What lies where in the agent's own folder (`--home`), and who it is: folder 0700, files 0600. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type OrderId, type RunId, TerminalId } from '@enishi/contracts';
import { AppError } from '@enishi/errors';
import { z } from 'zod';
import { makePrivateFolder, writeDurably } from './durable-file.js';

/** Who this terminal is, and whom it trusts. No secret is in it. */
export const Identity = z.strictObject({
  version: z.literal(1),
  terminalId: TerminalId,
  /** The root statement that the enrolment code named by its thumbprint. */
  root: z.string(),
  rootThumbprint: z.string(),
  relayUrl: z.url({ protocol: /^wss$/ }),
  /** PEM of the CA that the relay's certificate must chain to; null: the system's trust store. */
  relayCa: z.string().nullable(),
  enrolledAt: z.iso.datetime(),
});
export type Identity = z.infer<typeof Identity>;

export class Home {
  readonly folder: string;

  constructor(folder: string | undefined) {
    this.folder = resolve(folder ?? join(homedir(), '.enishi-agent'));
  }

  get identityFile(): string {
    return join(this.folder, 'identity.json');
  }
  /** The agent's own private keys, sealed under the vault key. */
  get keysFile(): string {
    return join(this.folder, 'keys.sealed');
  }
  /** An enrolment that was begun and not finished, sealed under the vault key. */
  get enrolmentFile(): string {
    return join(this.folder, 'enrolment.sealed');
  }
  get vaultFile(): string {
    return join(this.folder, 'vault.sealed');
  }
  /** There while `connect` writes the vault. */
  get vaultLockFile(): string {
    return join(this.folder, 'vault.lock');
  }
  get vaultKeyFile(): string {
    return join(this.folder, 'vault.key');
  }
  get stateFile(): string {
    return join(this.folder, 'state.json');
  }
  /** Highest version seen of each connector. */
  get versionsFile(): string {
    return join(this.folder, 'connector-versions.json');
  }
  get journalFolder(): string {
    return join(this.folder, 'journal');
  }
  get resultsFolder(): string {
    return join(this.folder, 'results');
  }
  get jarsFolder(): string {
    return join(this.folder, 'jars');
  }
  resultFile(orderId: OrderId): string {
    return join(this.resultsFolder, `${orderId}.jwe`);
  }
  jarFile(runId: RunId): string {
    return join(this.jarsFolder, `${runId}.sealed`);
  }

  make(): void {
    for (const folder of [this.folder, this.journalFolder, this.resultsFolder, this.jarsFolder]) makePrivateFolder(folder);
  }

  isEnrolled(): boolean {
    return existsSync(this.identityFile);
  }

  /** @throws AppError terminal-agent.not_enrolled, terminal-agent.home_damaged */
  identity(): Identity {
    if (!this.isEnrolled())
      throw new AppError('terminal-agent.not_enrolled', 'conflict', 'this PC is not enrolled yet: run enishi-agent enrol', {
        place: this.identityFile,
      });
    return readJson(this.identityFile, Identity);
  }

  saveIdentity(identity: Identity): void {
    writeDurably(this.identityFile, `${JSON.stringify(identity, null, 2)}\n`);
  }
}

/** Reads a file of ours. @throws AppError terminal-agent.home_damaged */
export function readJson<S extends z.ZodType>(file: string, schema: S): z.infer<S> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new AppError('terminal-agent.home_damaged', 'broken', 'a file of the agent cannot be read', { place: file, cause });
  }
  const parsed = schema.safeParse(content);
  if (!parsed.success)
    throw new AppError('terminal-agent.home_damaged', 'broken', 'a file of the agent is not what the agent wrote', {
      place: `${file}: ${parsed.error.issues[0]?.path.join('.') ?? ''}`,
    });
  return parsed.data;
}
