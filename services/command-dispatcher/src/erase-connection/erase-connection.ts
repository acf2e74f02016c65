import { type ConnectionId, connectionErased, eraseConnection, type HolderId } from '@enishi/contracts';
import { failure } from '@enishi/errors';
import { Bus } from '@enishi/messaging';
import { Injectable } from '@nestjs/common';
import { ConnectionStore } from '../connection.store.js';
import { Database } from '../database.store.js';
import { DriveRuns } from '../drive-run/drive-runs.js';
import { events } from '../events.js';
import { RunStore } from '../run.store.js';

/** Erases a connection and, through the event, all that came through it. */
@Injectable()
export class EraseConnection {
  constructor(
    private readonly bus: Bus,
    private readonly database: Database,
    private readonly connections: ConnectionStore,
    private readonly runs: RunStore,
    private readonly driver: DriveRuns,
  ) {}

  async run(holderId: HolderId, connectionId: ConnectionId): Promise<void> {
    await this.database.transaction(async (tx) => {
      if ((await this.connections.lockOfHolder(tx, connectionId, holderId)) === null)
        throw failure(eraseConnection, 'connection_unknown', 'There is no such connection.', { place: 'params.connectionId' });
      const erasedAt = new Date();
      await this.connections.erase(tx, connectionId, erasedAt);
      await this.runs.deleteEnded(tx, connectionId);
      await this.bus.emit(tx, connectionErased, { connectionId, holderId, erasedAt: erasedAt.toISOString() });
    });
    // Dying here: the event is in the outbox, and a run under way is due for every driver, which ends it as
    // CONNECTION_ERASED; the next tidying deletes it too. Its results are refused from now on.
    events.connectionErased({ connectionId });
    this.driver.poke();
  }
}
