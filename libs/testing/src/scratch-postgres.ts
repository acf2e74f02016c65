/** `node libs/testing/dist/scratch-postgres.js -- <command>`: runs a command with DATABASE_ADMIN_URL of a Postgres that is gone afterwards. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startPostgres } from '@enishi/infra';
import { withVariables } from './environment-config.js';
import { SCRATCH_SETTINGS } from './scratch-settings.js';

const command = process.argv.slice(process.argv.indexOf('--') + 1);
const [program, ...args] = command;
if (!process.argv.includes('--') || program === undefined) {
  process.stderr.write('usage: scratch-postgres.js -- <command>\n');
  process.exitCode = 2;
} else {
  const dir = mkdtempSync(join(tmpdir(), 'enishi-scratch-'));
  const postgres = await startPostgres({ dir, port: await freePort(), settings: SCRATCH_SETTINGS });
  try {
    process.exitCode = await new Promise<number>((done) => {
      const child = spawn(program, args, { stdio: 'inherit', env: withVariables({ DATABASE_ADMIN_URL: postgres.adminUrl() }) });
      child.once('error', (error) => {
        process.stderr.write(`${error.message}\n`);
        done(1);
      });
      // Ctrl-C reaches the child as well; this process waits for it, so that the server is stopped in every case.
      process.on('SIGINT', () => {});
      child.once('close', (code) => done(code ?? 1));
    });
  } finally {
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}
