import { CONFIG } from '@enishi/service';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Config } from '../config.js';
import { events } from '../events.js';
import { type Claim, LeaseLost, RunStore } from '../run.store.js';
import { TerminalStore } from '../terminal.store.js';
import { DriveRun } from './drive-run.js';

const TIDY_INTERVAL_MS = 60_000;
const RENEWALS_PER_LEASE = 3;
const STOP_LIMIT_MS = 5_000;

/**
 * Looks for runs that are due and drives them, as many at once as configured. Every replica does; the lease decides who.
 * This loop is the only thing that moves a run besides the news that come in, so a run needs no process to remember it.
 */
@Injectable()
export class DriveRuns implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly underWay = new Set<Promise<void>>();
  private sweeper: NodeJS.Timeout | undefined;
  private tidier: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> | undefined;
  private again = false;
  private stopped = false;

  constructor(
    private readonly runs: RunStore,
    private readonly terminals: TerminalStore,
    private readonly driveRun: DriveRun,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    this.sweeper = setInterval(() => this.poke(), this.config.SWEEP_INTERVAL_MS);
    this.tidier = setInterval(() => void this.tidy(), TIDY_INTERVAL_MS);
  }

  /** Something has become due: look now. */
  poke(): void {
    if (this.stopped) return;
    if (this.sweeping !== undefined) {
      this.again = true;
      return;
    }
    this.sweeping = this.sweep().finally(() => {
      this.sweeping = undefined;
      if (!this.again) return;
      this.again = false;
      this.poke();
    });
  }

  /** Takes no more runs, and lets those under way end their step; what takes longer is taken over when its lease is over. */
  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearInterval(this.sweeper);
    clearInterval(this.tidier);
    await this.sweeping;
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, STOP_LIMIT_MS);
    });
    await Promise.race([Promise.allSettled(this.underWay), limit]);
    clearTimeout(timer);
  }

  private async sweep(): Promise<void> {
    try {
      while (!this.stopped && this.underWay.size < this.config.RUNS_AT_ONCE) {
        const claim = await this.runs.claimDue(this.config.RUN_LEASE_MS);
        if (claim === null) return;
        const driving: Promise<void> = this.drive(claim).finally(() => {
          this.underWay.delete(driving);
          this.poke();
        });
        this.underWay.add(driving);
      }
    } catch (error) {
      // Postgres is away: the runs are due as long as they are, and the next sweep looks again.
      events.sweepFailed(error);
    }
  }

  private async drive(claim: Claim): Promise<void> {
    // A step may wait for others longer than the lease; as long as this process lives, the run is its own.
    const renewal = setInterval(
      () => void this.runs.renew(claim, this.config.RUN_LEASE_MS).catch(events.sweepFailed),
      this.config.RUN_LEASE_MS / RENEWALS_PER_LEASE,
    );
    try {
      await this.driveRun.run(claim);
    } catch (error) {
      if (error instanceof LeaseLost) events.leaseLost({ runId: claim.runId });
      else {
        events.drivingFailed({ runId: claim.runId }, error);
        // The lease is left to end by itself: that is the pause before the next try, if there is one.
        await this.driveRun.giveUp(claim, error).catch((failed: unknown) => events.drivingFailed({ runId: claim.runId }, failed));
      }
    } finally {
      clearInterval(renewal);
    }
  }

  /** Once a minute: runs that are stuck are counted, and what nobody needs any more is dropped. The person who waits has until then to see why an erased run ended. */
  async tidy(): Promise<void> {
    try {
      events.runsStuck(await this.runs.countStuck());
      await this.terminals.eraseStaleSecrets();
      await this.terminals.forgetOldNonces();
      await this.runs.deleteErased();
    } catch (error) {
      events.sweepFailed(error);
    }
  }
}
