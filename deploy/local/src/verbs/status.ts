/** `status`: which parts are up, and what each says that it lacks. Exit 3 when something is away. */
import { ExpectedFailure } from '../expected-failure.js';
import type { Layout } from '../layout.js';
import { readEndpoints } from '../platform/endpoints.js';
import { answers } from '../platform/probe.js';
import { isAlive } from '../platform/server-part.js';
import { table } from '../terminal-output.js';

const AWAY = 3;

export async function status(layout: Layout): Promise<void> {
  const endpoints = readEndpoints(layout);
  if (!endpoints || !isAlive(endpoints.launcher)) throw new ExpectedFailure('The platform is not up. Start it with ./enishi up.', AWAY);
  const probes: Record<string, string> = {
    'command-dispatcher': `https://127.0.0.1:${layout.ports['command-dispatcher']}/readyz`,
    'terminal-relay': `https://127.0.0.1:${layout.ports['terminal-relay-health']}/readyz`,
    parser: `https://127.0.0.1:${layout.ports.parser}/readyz`,
  };
  const rows = await Promise.all(
    Object.entries(endpoints.processes).map(async ([name, pid]) => {
      const probe = probes[name];
      const state = probe ? await stateOf(probe, endpoints.caFile) : isAlive(pid) ? 'up' : 'away';
      return [name, String(pid), state];
    }),
  );
  process.stdout.write(`${table([['part', 'first pid', 'state'], ...rows])}\n`);
  if (rows.some(([, , state]) => state !== 'up' && state !== 'ready')) process.exitCode = AWAY;
}

async function stateOf(url: string, caFile: string): Promise<string> {
  try {
    await answers(url, caFile);
    return 'ready';
  } catch (error) {
    return `not ready: ${error instanceof Error ? error.message : String(error)}`;
  }
}
