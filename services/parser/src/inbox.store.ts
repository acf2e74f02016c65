/** Hears each event once in effect: the note that it was heard and what follows from it are one transaction. */
import { onceOnly } from '@enishi/database';
import type { Inbox } from '@enishi/messaging';
import { Injectable } from '@nestjs/common';
import { Database, type Tx } from './database.store.js';

@Injectable()
export class InboxStore implements Inbox<Tx> {
  constructor(private readonly database: Database) {}

  once(event: { id: string; subject: string }, consumer: string, handle: (tx: Tx) => Promise<void>): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      if (!(await onceOnly(tx, { eventId: event.id, consumer }))) return false;
      await handle(tx);
      return true;
    });
  }
}
