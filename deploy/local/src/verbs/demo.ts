/** `demo`: a platform of its own on free ports, the flows told step by step, all stopped at the end. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { aggregation } from '../demo/aggregation.js';
import { ExpectedFailure } from '../expected-failure.js';
import { type Layout, layoutFor, ROOT } from '../layout.js';
import { Platform } from '../platform/platform.js';
import { freePortBase } from '../platform/ports.js';
import { toStderr } from '../terminal-output.js';

const FLOWS: Readonly<Record<string, (platform: Platform) => Promise<void>>> = { aggregation };

export async function demo(flow: string | undefined): Promise<void> {
  const chosen = flow === undefined ? Object.keys(FLOWS) : [flow];
  for (const name of chosen) {
    if (!(name in FLOWS)) throw new ExpectedFailure(`There is no flow '${name}'. Flows: ${Object.keys(FLOWS).join(', ')}.`, 64);
  }
  await withPlatform('demo', async (platform) => {
    for (const name of chosen) await FLOWS[name]?.(platform);
  });
}

/** Runs `work` on a fresh platform; stops it whatever happens. The state is kept only when `work` failed, and then said where. */
export async function withPlatform(purpose: string, work: (platform: Platform) => Promise<void>, bankSeed = 1): Promise<void> {
  const dir = join(ROOT, '.enishi', `${purpose}-${process.pid}`);
  mkdirSync(dir, { recursive: true });
  const at = (base: number): Layout => layoutFor(base, dir);
  const platform = new Platform({ layout: at(await freePortBase(at)), progress: toStderr, bankSeed });
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => reject(new ExpectedFailure('Interrupted.', 130)));
  });
  try {
    const from = performance.now();
    process.stderr.write('Starting a platform of its own for this run:\n');
    await Promise.race([platform.start(), interrupted]);
    process.stderr.write(`Ready after ${((performance.now() - from) / 1000).toFixed(1)} s.\n\n`);
    await Promise.race([work(platform), interrupted]);
  } catch (error) {
    await platform.stop();
    process.stderr.write(`\nThe logs of this run are kept in ${join(dir, 'logs')}\n`);
    throw error;
  }
  await platform.stop();
  rmSync(dir, { recursive: true, force: true });
}
