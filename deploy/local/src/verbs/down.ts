/** `down`: stops the platform through its launcher; when that is gone, stops what it left behind. */
import { rmSync } from 'node:fs';
import { commandOf, isRunning, stopNatsServer, stopPostgres } from '@enishi/infra';
import { ExpectedFailure } from '../expected-failure.js';
import { type Layout, ROOT } from '../layout.js';
import { readEndpoints } from '../platform/endpoints.js';

const STOP_WITHIN_MS = 40_000;

export async function down(layout: Layout): Promise<void> {
  const endpoints = readEndpoints(layout);
  if (!endpoints) {
    process.stderr.write('Nothing is up here.\n');
    return;
  }
  if (isRunning(endpoints.launcher) && isOurs(endpoints.launcher)) {
    process.kill(endpoints.launcher, 'SIGTERM');
    await gone(endpoints.launcher);
  } else {
    // The launcher was killed: its parts live on, each in a group of its own.
    const left = Object.entries(endpoints.processes).filter(
      ([name, pid]) => name !== 'postgres' && name !== 'nats-server' && isRunning(pid) && isOurs(pid),
    );
    for (const [, pid] of left) process.kill(pid, 'SIGTERM');
    for (const [, pid] of left) await gone(pid);
    await stopNatsServer(layout.path('nats'));
    await stopPostgres(layout.path('postgres'));
    rmSync(layout.path('endpoints.json'), { force: true });
  }
  process.stderr.write('Stopped. The data are kept; ./enishi reset forgets them.\n');
}

/** A process id may have been given to somebody else's process since: only one that runs this checkout's code is ours. */
function isOurs(pid: number): boolean {
  return commandOf(pid)?.includes(ROOT) ?? false;
}

async function gone(pid: number): Promise<void> {
  const deadline = performance.now() + STOP_WITHIN_MS;
  while (isRunning(pid)) {
    if (performance.now() > deadline) throw new ExpectedFailure(`Process ${pid} does not stop. End it with: kill -9 ${pid}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
