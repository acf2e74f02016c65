import { ConnectionId, createConnection, type HolderId, type RouteInput, type RouteOutput } from '@enishi/contracts';
import { failure } from '@enishi/errors';
import { CONFIG } from '@enishi/service';
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config.js';
import { ConnectionStore } from '../connection.store.js';
import { Connectors } from '../connectors.js';
import { Database } from '../database.store.js';
import { events } from '../events.js';
import { reportConnection } from '../run-report.js';
import { TerminalStore } from '../terminal.store.js';

/** A8: one holder may have connections to several banks, and several to one. */
@Injectable()
export class CreateConnection {
  constructor(
    private readonly database: Database,
    private readonly connections: ConnectionStore,
    private readonly terminals: TerminalStore,
    private readonly connectors: Connectors,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async run(holderId: HolderId, body: RouteInput<typeof createConnection>['body']): Promise<RouteOutput<typeof createConnection>> {
    if (this.connectors.find(body.connectorId) === undefined)
      throw failure(createConnection, 'connector_unknown', 'There is no such bank.', { place: 'body.connectorId' });
    const connection = await this.database.transaction(async (tx) => {
      await this.terminals.lockHolder(tx, holderId);
      const terminal = await this.terminals.findOfHolder(tx, body.terminalId, holderId);
      if (terminal === null || terminal.revokedAt !== null)
        throw failure(createConnection, 'terminal_unknown', 'There is no such terminal.', { place: 'body.terminalId' });
      if ((await this.connections.count(tx, holderId)) >= this.config.CONNECTIONS_PER_HOLDER)
        throw failure(createConnection, 'too_many_connections', `At most ${this.config.CONNECTIONS_PER_HOLDER} connections are allowed.`);
      return this.connections.add(tx, { connectionId: ConnectionId.generate(), holderId, ...body });
    });
    events.connectionCreated({ connectionId: connection.connectionId, connectorId: connection.connectorId });
    return reportConnection(connection, null);
  }
}
