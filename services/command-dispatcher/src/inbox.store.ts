/** Hears each event once in effect, and looks for due runs when what was heard is committed. */
import { onceOnly } from '@enishi/database';
import type { Inbox } from '@enishi/messaging';
import { Injectable } from '@nestjs/common';
import { Database, type Tx } from './database.store.js';
import { DriveRuns } from './drive-run/drive-runs.js';

@Injectable()
export class InboxStore implements Inbox<Tx> {
  constructor(
    private readonly database: Database,
    private readonly driver: DriveRuns,
  ) {}

  async once(event: { id: string; subject: string }, consumer: string, handle: (tx: Tx) => Promise<void>): Promise<boolean> {
    const ran = await this.database.transaction(async (tx) => {
      if (!(await onceOnly(tx, { eventId: event.id, consumer }))) return false;
      await handle(tx);
      return true;
    });
    // Dying here: the row says when the run is due, and the next sweep of any process finds it.
    if (ran) this.driver.poke();
    return ran;
  }
}
