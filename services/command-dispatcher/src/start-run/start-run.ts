import { type HolderId, type RouteInput, type RouteOutput, RunId, startRun } from '@enishi/contracts';
import { failure, platformError } from '@enishi/errors';
import { currentTraceparent } from '@enishi/telemetry';
import { Injectable } from '@nestjs/common';
import { ConnectionStore } from '../connection.store.js';
import { Connectors } from '../connectors.js';
import { Database, isDuplicate } from '../database.store.js';
import { DriveRuns } from '../drive-run/drive-runs.js';
import { events } from '../events.js';
import { RunStore, type StoredRun } from '../run.store.js';
import { firstState, maxMs } from '../run-loop/decide.js';
import { reportRun } from '../run-report.js';
import { periodOf } from './period.js';

/** S1: a run begins as a row; whoever is alive drives it from there. */
@Injectable()
export class StartRun {
  constructor(
    private readonly database: Database,
    private readonly connections: ConnectionStore,
    private readonly runs: RunStore,
    private readonly connectors: Connectors,
    private readonly driver: DriveRuns,
  ) {}

  async run(
    holderId: HolderId,
    { params, body }: Pick<RouteInput<typeof startRun>, 'params' | 'body'>,
  ): Promise<RouteOutput<typeof startRun>> {
    const run = await this.add(holderId, params.connectionId, body).catch((error: unknown) => {
      if (isDuplicate(error)) throw failure(startRun, 'run_under_way', 'A run of this connection is under way.', { cause: error });
      throw error;
    });
    // Dying here: the run is stored and due; the caller, who has no answer, finds it as the connection's last run.
    events.runStarted({ runId: run.runId, connectionId: run.connectionId });
    this.driver.poke();
    return reportRun(run);
  }

  private add(holderId: HolderId, connectionId: string, asked: RouteInput<typeof startRun>['body']): Promise<StoredRun> {
    return this.database.transaction(async (tx) => {
      const connection = await this.connections.lockOfHolder(tx, connectionId, holderId);
      if (connection === null)
        throw failure(startRun, 'connection_unknown', 'There is no such connection.', { place: 'params.connectionId' });
      if (connection.stoppedBy !== null)
        throw failure(startRun, 'connection_stopped', 'The bank refused the login. Change the secrets on the PC first.');
      const signed = this.connectors.find(connection.connectorId);
      if (signed === undefined) throw platformError('not_available', 'This bank is not available at the moment.');
      const { connector, hash } = signed;
      const period = periodOf(asked, connector.limits.maxDays, new Date());
      const runId = RunId.generate();
      // One active run per connection: the partial unique index refuses a second.
      const run = await this.runs.add(tx, {
        runId,
        connectionId,
        holderId,
        terminalId: connection.terminalId,
        connectorId: connector.id,
        connectorVersion: connector.version,
        connectorHash: hash,
        state: 'ready',
        periodFrom: new Date(period.from),
        periodTo: new Date(period.to),
        loop: firstState(connector),
        traceparent: currentTraceparent() ?? null,
        maxMs: maxMs(connector),
      });
      await this.runs.journal(tx, runId, 'started', 0, {});
      return run;
    });
  }
}
