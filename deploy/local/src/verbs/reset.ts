/** `reset`: forgets all data of the stopped platform; what was downloaded stays. */
import { readdirSync, rmSync } from 'node:fs';
import { isRunning } from '@enishi/infra';
import { ExpectedFailure } from '../expected-failure.js';
import type { Layout } from '../layout.js';
import { readEndpoints } from '../platform/endpoints.js';

const STATE = ['postgres', 'nats', 'bank', 'pki', 'connectors', 'logs', 'users.json', 'endpoints.json'];

export function reset(layout: Layout): void {
  const endpoints = readEndpoints(layout);
  if (endpoints && isRunning(endpoints.launcher)) throw new ExpectedFailure('The platform is up. Stop it first: ./enishi down.');
  const there = new Set(readdirSync(layout.dir));
  const removed = STATE.filter((name) => there.has(name));
  for (const name of removed) rmSync(layout.path(name), { recursive: true, force: true });
  process.stderr.write(removed.length === 0 ? 'There was nothing to forget.\n' : `Forgotten: ${removed.join(', ')}.\n`);
}
