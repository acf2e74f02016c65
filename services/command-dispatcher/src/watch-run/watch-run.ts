import { setTimeout as pause } from 'node:timers/promises';
import { type HolderId, type RunId, type RunProgress, watchRun } from '@enishi/contracts';
import { failure } from '@enishi/errors';
import { CONFIG } from '@enishi/service';
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config.js';
import { progressOf } from '../journal.js';
import { RunStore } from '../run.store.js';

/** Tells a run's journal from any line on, to its end. It holds no state: after a cut, another process goes on from `lastEventId`. */
@Injectable()
export class WatchRun {
  constructor(
    private readonly runs: RunStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async run(holderId: HolderId, runId: RunId, lastEventId: number | null, signal: AbortSignal): Promise<AsyncIterable<RunProgress>> {
    // Asked before the stream begins, so that a run of another holder is a 404 and not an empty stream.
    if ((await this.runs.findOfHolder(runId, holderId)) === null)
      throw failure(watchRun, 'run_unknown', 'There is no such run.', { place: 'params.runId' });
    return this.follow(holderId, runId, lastEventId ?? 0, signal);
  }

  private async *follow(holderId: HolderId, runId: RunId, lastSeq: number, signal: AbortSignal): AsyncGenerator<RunProgress> {
    let seq = lastSeq;
    while (!signal.aborted) {
      // Asked before the lines: a run that has ended by now has written its last line.
      const run = await this.runs.findOfHolder(runId, holderId);
      const lines = await this.runs.linesAfter(runId, seq);
      for (const line of lines) {
        seq = line.seq;
        const progress = progressOf(line);
        if (progress !== undefined) yield progress;
      }
      if (run === null || (run.endedAt !== null && seq >= run.journalSeq)) return;
      if (lines.length === 0) await pause(this.config.WATCH_POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
