import { getRun, type HolderId, type RouteOutput, type RunId } from '@enishi/contracts';
import { failure } from '@enishi/errors';
import { Injectable } from '@nestjs/common';
import { RunStore } from '../run.store.js';
import { reportRun } from '../run-report.js';

@Injectable()
export class GetRun {
  constructor(private readonly runs: RunStore) {}

  async run(holderId: HolderId, runId: RunId): Promise<RouteOutput<typeof getRun>> {
    const run = await this.runs.findOfHolder(runId, holderId);
    if (run === null) throw failure(getRun, 'run_unknown', 'There is no such run.', { place: 'params.runId' });
    return reportRun(run);
  }
}
