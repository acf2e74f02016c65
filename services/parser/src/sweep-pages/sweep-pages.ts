import { CONFIG } from '@enishi/service';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Config } from '../config.js';
import { Database } from '../database.store.js';
import { events } from '../events.js';
import { PageStore } from '../page.store.js';

const BATCH = 500;

/** Deletes sealed answers when their stated life is over. Every process does; none waits for another. */
@Injectable()
export class SweepPages implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly pages: PageStore,
    @Inject(CONFIG) private readonly config: Pick<Config, 'SWEEP_INTERVAL_MS'>,
  ) {}

  onApplicationBootstrap(): void {
    const look = () => {
      this.running = this.run().catch((error: unknown) => events.sweepFailed(error));
    };
    this.timer = setInterval(look, this.config.SWEEP_INTERVAL_MS);
    look();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  async run(): Promise<void> {
    for (let gone = BATCH; gone === BATCH; ) {
      gone = await this.pages.sweep(this.database.client, BATCH);
      if (gone > 0) events.pagesSwept(gone);
    }
  }
}
