import { RunId } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_RUNS_AT_ONCE, MAX_WAITING_ORDERS, RunQueue } from './run-queue.js';

describe('orders of several runs', () => {
  it('A3 go one after the other within a run, at most four runs at once, and none is lost', async () => {
    const runs = Array.from({ length: 7 }, () => RunId.generate());
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(fc.nat(6), { minLength: 1, maxLength: 40 }), async (scheduler, plan) => {
        const queue = new RunQueue((error) => {
          throw error;
        });
        const done: number[][] = runs.map(() => []);
        const busy = new Set<number>();
        for (const [index, run] of plan.entries())
          queue.add(runs[run] ?? RunId.generate(), async () => {
            expect(busy.has(run)).toBe(false);
            busy.add(run);
            expect(busy.size).toBeLessThanOrEqual(MAX_RUNS_AT_ONCE);
            await scheduler.schedule(Promise.resolve());
            busy.delete(run);
            done[run]?.push(index);
          });
        const idle = queue.whenIdle();
        await scheduler.waitFor(idle);
        for (const [run, order] of done.entries()) expect(order).toEqual(plan.flatMap((of, index) => (of === run ? [index] : [])));
      }),
      { numRuns: 100 },
    );
  });

  it('go on when one fails, and say so', async () => {
    const failures: unknown[] = [];
    const queue = new RunQueue((error) => failures.push(error));
    const runId = RunId.generate();
    let done = false;
    queue.add(runId, () => Promise.reject(new Error('disk full')));
    queue.add(runId, async () => {
      done = true;
    });
    await queue.whenIdle();
    expect([failures.length, done]).toEqual([1, true]);
  });

  it('are limited in number', () => {
    const queue = new RunQueue(() => undefined);
    for (let index = 0; index < MAX_WAITING_ORDERS; index++) {
      expect(queue.isFull).toBe(false);
      queue.add(RunId.generate(), () => new Promise(() => undefined));
    }
    expect(queue.isFull).toBe(true);
  });
});
