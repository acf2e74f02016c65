/** The one way in which a run ends, whoever ends it: row, journal and event in one transaction. */
import { type Cause, type ConnectionId, clip, type HolderId, type RunId, runEnded } from '@enishi/contracts';
import { Bus } from '@enishi/messaging';
import { Injectable } from '@nestjs/common';
import { Database, type Tx } from './database.store.js';
import { events } from './events.js';
import type { JournalEntry } from './journal.js';
import { type LockedRun, RunStore } from './run.store.js';

/** Longest detail that the contracts carry. */
const MAX_DETAIL = 500;

@Injectable()
export class EndRun {
  constructor(
    private readonly bus: Bus,
    private readonly database: Database,
    private readonly runs: RunStore,
  ) {}

  /** `detail` is for operators: names of rules, fields and pages, never values. */
  async fail(tx: Tx, run: LockedRun, cause: Cause, detail: string | null): Promise<void> {
    await this.end(tx, run, 'failed', cause, detail === null ? null : clip(detail, MAX_DETAIL));
  }

  async finish(tx: Tx, run: LockedRun, accounts: NonNullable<JournalEntry['accounts']>): Promise<void> {
    await this.runs.journal(tx, run.runId, 'committed', run.loop.steps, { accounts });
    await this.end(tx, run, 'finished', null, null);
  }

  private async end(tx: Tx, run: LockedRun, outcome: 'finished' | 'failed', cause: Cause | null, detail: string | null): Promise<void> {
    const endedAt = new Date();
    await this.runs.end(tx, run, { state: outcome, cause, detail, endedAt });
    await this.runs.journal(tx, run.runId, outcome, run.loop.steps, cause === null ? {} : { cause, detail });
    await this.bus.emit(tx, runEnded, {
      runId: run.runId as RunId,
      connectionId: run.connectionId as ConnectionId,
      holderId: run.holderId as HolderId,
      outcome,
      cause,
      endedAt: endedAt.toISOString(),
    });
    this.database.afterCommit(tx, () => events.runEnded({ runId: run.runId, outcome, cause, detail }, run.elapsedMs / 1_000));
  }
}
