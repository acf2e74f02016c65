import type { Payload, runEnded } from '@enishi/contracts';
import { Injectable } from '@nestjs/common';
import type { Tx } from '../database.store.js';
import { events } from '../events.js';
import { PageStore } from '../page.store.js';

/**
 * A5: an unfinished run leaves nothing in the ledger: what it had staged is dropped. An answer that is stored after
 * this (its order was open when it came) stays staged until it expires, and no commit will ask for it.
 */
@Injectable()
export class EndRun {
  constructor(private readonly pages: PageStore) {}

  async run({ runId, outcome }: Payload<typeof runEnded>, tx: Tx): Promise<void> {
    events.runDropped({ runId, outcome }, await this.pages.dropStaged(tx, runId));
  }
}
