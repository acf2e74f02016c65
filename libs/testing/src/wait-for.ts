export interface WaitForOptions {
  /** Default 10 000. */
  timeoutMs?: number;
  /** Between two looks. Default 20. */
  everyMs?: number;
  /** What is awaited, for the failure's sentence. */
  what?: string;
}

/** Asks until `fact` gives something that is not false, null or undefined, and returns it. An exception counts as "not yet". */
export async function waitFor<T>(fact: () => T | Promise<T>, options: WaitForOptions = {}): Promise<Exclude<T, false | null | undefined>> {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const seen = await fact();
      last = seen;
      if (seen !== false && seen !== null && seen !== undefined) return seen as Exclude<T, false | null | undefined>;
    } catch (error) {
      last = error;
    }
    if (performance.now() >= deadline) {
      const end = last instanceof Error ? `the last look failed: ${last.message}` : `seen last: ${JSON.stringify(last) ?? 'undefined'}`;
      throw new Error(`${options.what ?? 'the fact'} did not come about within ${timeoutMs} ms; ${end}`, {
        cause: last instanceof Error ? last : undefined,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, options.everyMs ?? 20));
  }
}
