/** Where the vault's key comes from. A file today; the stores of the operating systems fit the same interface. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { AppError } from '@enishi/errors';
import { writeDurably } from '../home/durable-file.js';

const KEY_BYTES = 32;

export interface KeyProvider {
  /** What `status` says about it. */
  readonly name: string;
  /**
   * 32 bytes, the same every time.
   * @param make makes one when there is none (enrolment); else a missing key is damage, for what it sealed is lost
   */
  key(make: boolean): Promise<Buffer>;
}

/** The key in a file of its own, 0600: guards backups and the vault file alone, not against who can read the whole home. */
export class FileKeyProvider implements KeyProvider {
  readonly name = 'file';

  constructor(private readonly file: string) {}

  async key(make: boolean): Promise<Buffer> {
    if (!existsSync(this.file)) {
      if (!make) throw new AppError('terminal-agent.home_damaged', 'broken', 'the vault key is gone', { place: this.file });
      writeDurably(this.file, randomBytes(KEY_BYTES).toString('base64url'));
    }
    const key = Buffer.from(readFileSync(this.file, 'utf8').trim(), 'base64url');
    if (key.length !== KEY_BYTES)
      throw new AppError('terminal-agent.home_damaged', 'broken', 'the vault key is not a key', { place: this.file });
    return key;
  }
}
