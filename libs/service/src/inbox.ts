import { onceOnly, type SqlClient } from '@enishi/database';
import type { Inbox } from '@enishi/messaging';

/** What an inbox needs of the service's database. */
export interface Transactions<Tx extends SqlClient = SqlClient> {
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
}

/**
 * Hears each event once in effect: the note that it was heard and what follows from it are one transaction of `database`.
 * `committed` runs afterwards, unless the event was known. A process that dies between the two has not run it.
 */
export function inboxOn<Tx extends SqlClient>(database: Transactions<Tx>, committed: () => void): Inbox<Tx> {
  return {
    async once(event, consumer, handle) {
      const ran = await database.transaction(async (tx) => {
        if (!(await onceOnly(tx, { eventId: event.id, consumer }))) return false;
        await handle(tx);
        return true;
      });
      if (ran) committed();
      return ran;
    },
  };
}
