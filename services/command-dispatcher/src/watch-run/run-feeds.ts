import type { RunProgress } from '@enishi/contracts';
import { CONFIG } from '@enishi/service';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Config } from '../config.js';
import { progressOf } from '../journal.js';
import { RunStore } from '../run.store.js';

/** What is known of one watched run; all its viewers read from the same lines. */
class Feed {
  viewers = 0;
  /** Number of the last line that was read. */
  seq = 0;
  readonly told: RunProgress[] = [];
  ended = false;
  fault: { error: unknown } | undefined;
  #changed = Promise.withResolvers<void>();

  /** Resolves at the next change. */
  get changed(): Promise<void> {
    return this.#changed.promise;
  }

  tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}

/**
 * The journals of the runs that somebody watches. One loop asks for all of them together, one query at a time: the load on
 * the database follows from how often it looks, not from how many watch, and of the pool it takes one connection at most.
 */
@Injectable()
export class RunFeeds implements OnModuleDestroy {
  private readonly feeds = new Map<string, Feed>();
  private looking = false;
  private stopped = false;

  constructor(
    private readonly runs: RunStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onModuleDestroy(): void {
    this.stopped = true;
  }

  /** What of this run is told to people, from after line `after` to its end, or until `signal`. */
  async *follow(runId: string, after: number, signal: AbortSignal): AsyncGenerator<RunProgress> {
    const feed = this.feeds.get(runId) ?? new Feed();
    this.feeds.set(runId, feed);
    feed.viewers += 1;
    const gone = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    try {
      void this.look();
      for (let next = 0; !signal.aborted; ) {
        // Taken before the lines are looked at: what comes meanwhile is not slept past.
        const { changed } = feed;
        for (; next < feed.told.length && !signal.aborted; next++) {
          const progress = feed.told[next];
          if (progress !== undefined && progress.seq > after) yield progress;
        }
        if (feed.fault !== undefined) throw feed.fault.error;
        if (feed.ended) return;
        await Promise.race([changed, gone]);
      }
    } finally {
      feed.viewers -= 1;
      if (feed.viewers === 0 && this.feeds.get(runId) === feed) this.feeds.delete(runId);
    }
  }

  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      while (this.feeds.size > 0 && !this.stopped) {
        const more = await this.lookOnce();
        if (!more) await new Promise((resolve) => setTimeout(resolve, this.config.WATCH_POLL_MS));
      }
    } catch (error) {
      // The database is away: whoever watches is told, and comes again from the last line that was seen.
      for (const [runId, feed] of this.feeds) this.end(runId, feed, { error });
    } finally {
      this.looking = false;
    }
  }

  /** True when there are more lines than one query gives. */
  private async lookOnce(): Promise<boolean> {
    const asked = new Map(this.feeds);
    const watched = [...asked].map(([runId, { seq }]) => ({ runId, seq }));
    // Asked before the lines: a run that has ended by now has written its last line.
    const changed = await this.runs.changedSince(watched);
    const { lines, more } = await this.runs.linesAfter(watched.filter(({ runId, seq }) => (changed.get(runId)?.journalSeq ?? 0) > seq));
    for (const [runId, head] of changed) {
      const feed = asked.get(runId);
      // Its viewers left meanwhile. Whoever came since has another feed, and these lines are not the next of that.
      if (feed === undefined || this.feeds.get(runId) !== feed) continue;
      try {
        for (const { seq, line } of lines.get(runId) ?? []) {
          feed.seq = seq;
          const progress = progressOf(line());
          if (progress !== undefined) feed.told.push(progress);
        }
      } catch (error) {
        // A line that cannot be read breaks the feed of its own run only.
        this.end(runId, feed, { error });
        continue;
      }
      // Erased, or ended and all of it told.
      if (head === null || (head.ended && feed.seq >= head.journalSeq)) this.end(runId, feed);
      else feed.tell();
    }
    return more;
  }

  private end(runId: string, feed: Feed, fault?: { error: unknown }): void {
    this.feeds.delete(runId);
    feed.ended = true;
    feed.fault = fault;
    feed.tell();
  }
}
