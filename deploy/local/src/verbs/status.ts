/** `status`: which parts are up, and what each says that it lacks. Exit 3 when something is away. */
import { SERVICES, type ServiceName } from '@enishi/contracts';
import { isRunning } from '@enishi/infra';
import { ExpectedFailure } from '../expected-failure.js';
import type { Layout } from '../layout.js';
import { readEndpoints } from '../platform/endpoints.js';
import { isReady } from '../platform/probe.js';
import { table } from '../terminal-output.js';

const AWAY = 3;

export async function status(layout: Layout): Promise<void> {
  const endpoints = readEndpoints(layout);
  if (!endpoints || !isRunning(endpoints.launcher)) throw new ExpectedFailure('The platform is not up. Start it with ./enishi up.', AWAY);
  const rows = await Promise.all(
    Object.entries(endpoints.processes).map(async ([name, pid]) => {
      const service = SERVICES.find((known) => known === name);
      const state = service ? await stateOf(layout, service) : isRunning(pid) ? 'up' : 'away';
      return [name, String(pid), state];
    }),
  );
  process.stdout.write(`${table([['part', 'pid', 'state'], ...rows])}\n`);
  if (rows.some(([, , state]) => state !== 'up' && state !== 'ready')) process.exitCode = AWAY;
}

async function stateOf(layout: Layout, service: ServiceName): Promise<string> {
  try {
    await isReady(layout, service);
    return 'ready';
  } catch (error) {
    return `not ready: ${error instanceof Error ? error.message : String(error)}`;
  }
}
