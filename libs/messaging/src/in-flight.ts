/** Work under way: counted, and awaited when the process closes. */
export class InFlight {
  readonly #tasks = new Set<Promise<void>>();

  get size(): number {
    return this.#tasks.size;
  }

  /** Runs `work`, which must not reject. */
  add(work: () => Promise<void>): Promise<void> {
    // The task stands in the set before its first line runs: whoever asks for `size` in it counts itself.
    const task: Promise<void> = Promise.resolve()
      .then(work)
      .finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
    return task;
  }

  /** Resolves when nothing is under way, or after `limitMs`; then how many still are. */
  async settled(limitMs: number): Promise<number> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limitMs);
    });
    let limited = false;
    void limit.then(() => {
      limited = true;
    });
    while (this.#tasks.size > 0 && !limited) await Promise.race([Promise.allSettled(this.#tasks), limit]);
    clearTimeout(timer);
    return this.#tasks.size;
  }
}
