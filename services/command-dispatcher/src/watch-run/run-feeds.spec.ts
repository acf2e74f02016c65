import type { RunProgress } from '@enishi/contracts';
import { expect, it } from '@jest/globals';
import type { RunStore } from '../run.store.js';
import { RunFeeds } from './run-feeds.js';

/** A journal of `length` lines, whose answers wait until the test lets them go. */
class SlowJournal {
  length = 50;
  readonly held: (() => void)[] = [];
  holding = false;

  async changedSince(places: readonly { runId: string; seq: number }[]) {
    const head = { journalSeq: this.length, ended: false };
    return new Map(places.filter(({ seq }) => seq < this.length).map(({ runId }) => [runId, head]));
  }

  async linesAfter(places: readonly { runId: string; seq: number }[]) {
    const lines = new Map(
      places.map(({ runId, seq }) => [
        runId,
        Array.from({ length: this.length - seq }, (_, index) => ({
          seq: seq + index + 1,
          line: () => ({ seq: seq + index + 1, at: new Date(), step: 0, kind: 'started' as const, entry: {} }),
        })),
      ]),
    );
    if (this.holding && places.length > 0) await new Promise<void>((go) => this.held.push(go));
    return { lines, more: false };
  }
}

it('a viewer who opens a run while the lines for one who left are on their way is told all of it, from the first line', async () => {
  const journal = new SlowJournal();
  const feeds = new RunFeeds(journal as unknown as RunStore, { WATCH_POLL_MS: 1 } as never);
  const until = async (fact: () => boolean) => {
    while (!fact()) await new Promise((resolve) => setImmediate(resolve));
  };
  const watch = (signal: AbortSignal) => {
    const seen: number[] = [];
    const done = (async () => {
      for await (const { seq } of feeds.follow('run_1', 0, signal) as AsyncIterable<RunProgress>) seen.push(seq);
    })();
    return { seen, done };
  };
  const leaving = new AbortController();
  const first = watch(leaving.signal);
  await until(() => first.seen.length === 50);

  journal.holding = true;
  journal.length = 52;
  await until(() => journal.held.length === 1);
  leaving.abort();
  await first.done;
  const staying = new AbortController();
  const second = watch(staying.signal);
  journal.holding = false;
  for (const go of journal.held.splice(0)) go();
  await until(() => second.seen.includes(52));
  staying.abort();
  await second.done;
  feeds.onModuleDestroy();
  expect(second.seen).toEqual(Array.from({ length: 52 }, (_, index) => index + 1));
});
