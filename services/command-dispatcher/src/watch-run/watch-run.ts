import { type HolderId, type RunId, type RunProgress, watchRun } from '@enishi/contracts';
import { failure } from '@enishi/errors';
import { Injectable } from '@nestjs/common';
import { RunStore } from '../run.store.js';
import { RunFeeds } from './run-feeds.js';

/** Tells a run's journal from any line on, to its end. It holds no state: after a cut, another process goes on from `lastEventId`. */
@Injectable()
export class WatchRun {
  constructor(
    private readonly runs: RunStore,
    private readonly feeds: RunFeeds,
  ) {}

  async run(holderId: HolderId, runId: RunId, lastEventId: number | null, signal: AbortSignal): Promise<AsyncIterable<RunProgress>> {
    // Asked before the stream begins, so that a run of another holder is a 404 and not an empty stream.
    if ((await this.runs.findOfHolder(runId, holderId)) === null)
      throw failure(watchRun, 'run_unknown', 'There is no such run.', { place: 'params.runId' });
    return this.feeds.follow(runId, lastEventId ?? 0, signal);
  }
}
