import type { HolderId, listConnections, RouteOutput } from '@enishi/contracts';
import { Injectable } from '@nestjs/common';
import { ConnectionStore } from '../connection.store.js';
import { RunStore } from '../run.store.js';
import { reportConnection } from '../run-report.js';

@Injectable()
export class ListConnections {
  constructor(
    private readonly connections: ConnectionStore,
    private readonly runs: RunStore,
  ) {}

  async run(holderId: HolderId): Promise<RouteOutput<typeof listConnections>> {
    const connections = await this.connections.listOfHolder(holderId);
    const lastRuns = await this.runs.lastOf(connections.map((connection) => connection.connectionId));
    return { connections: connections.map((connection) => reportConnection(connection, lastRuns.get(connection.connectionId) ?? null)) };
  }
}
