/** Global setup of the jest project `it`: one Postgres, and the place of nats-server. Plain, for jest does not transform it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNatsServer, freePort, startPostgres } from '@enishi/infra';
import { announceRun, natsCacheDir } from './environment-config.js';
import type { TestRun } from './run.js';
import { SCRATCH_SETTINGS } from './scratch-settings.js';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** Held for global teardown, which runs in the same process. */
export const reaper: { child?: ChildProcess } = {};

export default async function setUp(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'enishi-it-'));
  // Ends what the run has started when its stdin closes: at teardown, and just the same if the run is killed.
  const child = spawn(process.execPath, [join(import.meta.dirname, 'reaper.js'), dir], {
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
  });
  child.unref();
  reaper.child = child;
  const [natsBinary, postgres] = await Promise.all([
    findNatsServer(natsCacheDir(join(ROOT, '.enishi', 'cache')), (message) => process.stderr.write(`${message}\n`)),
    startPostgres({ dir: join(dir, 'postgres'), port: await freePort(), settings: { ...SCRATCH_SETTINGS, max_connections: '300' } }),
  ]);
  const run: TestRun = {
    dir,
    adminUrl: postgres.adminUrl(),
    rolePassword: randomBytes(18).toString('base64url'),
    natsBinary: natsBinary.file,
  };
  const file = join(dir, 'run.json');
  writeFileSync(file, JSON.stringify(run), { mode: 0o600 });
  announceRun(file);
}
