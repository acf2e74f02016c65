import { once } from 'node:events';
import { reaper } from './global-setup.js';

export default async function tearDown(): Promise<void> {
  const child = reaper.child;
  if (!child || child.exitCode !== null) return;
  child.ref();
  const ended = once(child, 'exit');
  child.stdin?.end();
  await ended;
}
