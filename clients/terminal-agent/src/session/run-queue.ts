/** Orders of one run strictly one after the other; several runs side by side, up to a limit. */
import type { RunId } from '@enishi/contracts';

export const MAX_RUNS_AT_ONCE = 4;
/** Orders taken and not finished, over all runs. More are not taken; the platform sends them again later. */
export const MAX_WAITING_ORDERS = 64;

type Task = () => Promise<void>;

export class RunQueue {
  private readonly waiting = new Map<RunId, Task[]>();
  private readonly active = new Set<RunId>();
  private count = 0;
  private idle = Promise.withResolvers<void>();

  /** Called with what a task throws: nothing may stop the queue. */
  constructor(private readonly onError: (error: unknown) => void) {
    this.idle.resolve();
  }

  get isFull(): boolean {
    return this.count >= MAX_WAITING_ORDERS;
  }

  add(runId: RunId, task: Task): void {
    if (this.count === 0) this.idle = Promise.withResolvers();
    this.count += 1;
    this.waiting.set(runId, [...(this.waiting.get(runId) ?? []), task]);
    this.startMore();
  }

  /** Resolves when nothing is under way. */
  whenIdle(): Promise<void> {
    return this.idle.promise;
  }

  private startMore(): void {
    for (const runId of this.waiting.keys()) {
      if (this.active.size >= MAX_RUNS_AT_ONCE) return;
      if (!this.active.has(runId)) void this.work(runId);
    }
  }

  private async work(runId: RunId): Promise<void> {
    this.active.add(runId);
    for (let task = this.take(runId); task; task = this.take(runId)) {
      try {
        await task();
      } catch (error) {
        this.onError(error);
      }
      this.count -= 1;
    }
    this.active.delete(runId);
    if (this.count === 0) this.idle.resolve();
    this.startMore();
  }

  private take(runId: RunId): Task | undefined {
    const tasks = this.waiting.get(runId);
    const next = tasks?.shift();
    if (tasks?.length === 0 || !tasks) this.waiting.delete(runId);
    return next;
  }
}
