import { createEnrolmentCode as contract, type HolderId, type RouteOutput } from '@enishi/contracts';
import { createEnrolmentCode, sealAtRest } from '@enishi/crypto';
import { failure } from '@enishi/errors';
import { CONFIG } from '@enishi/service';
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config.js';
import { Database } from '../database.store.js';
import { events } from '../events.js';
import { PLATFORM_KEYS, type PlatformKeys } from '../platform-keys.js';
import { TerminalStore } from '../terminal.store.js';

/** What a sealed secret is bound to: a row's secret cannot be put into another row. */
export const secretAad = (codeId: string) => `enrolment-code:${codeId}`;

/** A9: the code tells the agent whom to trust (the root's thumbprint), and us whom we gave it to. */
@Injectable()
export class CreateEnrolmentCode {
  constructor(
    private readonly database: Database,
    private readonly terminals: TerminalStore,
    @Inject(PLATFORM_KEYS) private readonly keys: PlatformKeys,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async run(holderId: HolderId, label: string): Promise<RouteOutput<typeof contract>> {
    const { code, codeId, secret } = createEnrolmentCode(this.keys.rootThumbprint);
    const sealedSecret = sealAtRest(this.keys.storageKey, Buffer.from(secret), secretAad(codeId));
    const expiresAt = new Date(Date.now() + this.config.ENROLMENT_CODE_MS);
    await this.database.transaction(async (tx) => {
      await this.terminals.lockHolder(tx, holderId);
      if ((await this.terminals.countLiveCodes(tx, holderId)) >= this.config.ENROLMENT_CODES_PER_HOLDER)
        throw failure(
          contract,
          'too_many_codes',
          'There are too many enrolment codes that are still good. Use one, or wait until one ends.',
        );
      await this.terminals.addCode(tx, { codeId, holderId, label, sealedSecret, expiresAt });
    });
    // Dying here: the code was never told to anyone, and ends by itself.
    events.codeCreated({ codeId });
    return { code, expiresAt: expiresAt.toISOString() };
  }
}
