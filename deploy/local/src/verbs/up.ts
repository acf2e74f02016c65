/** `up`: starts the platform and keeps it; Ctrl-C (or `down`) stops it and leaves no process behind. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning } from '@enishi/infra';
import { toolEnvironment } from '../config.js';
import { ExpectedFailure } from '../expected-failure.js';
import { type Layout, ROOT } from '../layout.js';
import { type Endpoints, endpointsOf, readEndpoints, writeEndpoints } from '../platform/endpoints.js';
import { Platform } from '../platform/platform.js';
import { table, toStderr } from '../terminal-output.js';

const DETACH_WITHIN_MS = 180_000;

export async function up(layout: Layout, detach: boolean): Promise<void> {
  const running = readEndpoints(layout);
  if (running && isRunning(running.launcher)) {
    show(running, 'is already up');
    return;
  }
  if (detach) return startDetached(layout);
  const from = performance.now();
  let up = false;
  const tell = () => writeEndpoints(layout, endpointsOf(layout, platform.parts()));
  // `status` looks at the processes that are there now, not at those of the start.
  const platform = new Platform({ layout, progress: toStderr, onRestart: () => up && tell() });
  const stopped = new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  // A signal that comes while the parts start is obeyed at the end of the start, so that none is left behind.
  await platform.start();
  up = true;
  tell();
  show(endpointsOf(layout, platform.parts()), `is ready after ${((performance.now() - from) / 1000).toFixed(1)} s`);
  process.stderr.write('\nCtrl-C stops it.\n');
  await stopped;
  up = false;
  process.stderr.write('\nStopping …\n');
  await platform.stop();
  process.stderr.write('Stopped. The data are kept; ./enishi reset forgets them.\n');
}

async function startDetached(layout: Layout): Promise<void> {
  mkdirSync(layout.path('logs'), { recursive: true });
  const logFile = layout.path('logs', 'launcher.log');
  const log = openSync(logFile, 'w', 0o600);
  const main = join(ROOT, 'deploy', 'local', 'dist', 'main.js');
  const child = spawn(process.execPath, ['--enable-source-maps', main, 'up', '--port-base', String(layout.portBase)], {
    detached: true,
    stdio: ['ignore', log, log],
    env: toolEnvironment(),
  });
  closeSync(log);
  child.unref();
  const deadline = performance.now() + DETACH_WITHIN_MS;
  while (performance.now() < deadline) {
    const endpoints = readEndpoints(layout);
    if (endpoints && endpoints.launcher === child.pid) {
      show(endpoints, 'is ready');
      return;
    }
    if (child.exitCode !== null) throw new ExpectedFailure(`The platform did not start:\n${readFileSync(logFile, 'utf8')}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new ExpectedFailure(`The platform was not ready in ${DETACH_WITHIN_MS / 1000} s; see ${logFile}`);
}

function show(endpoints: Endpoints, state: string): void {
  process.stderr.write(`\nEnishi ${state}.\n\n`);
  const rows = Object.entries(endpoints.endpoints).map(([name, { url, what }]) => [name, url, what]);
  process.stdout.write(`${table([['part', 'URL', 'what'], ...rows])}\n`);
}
