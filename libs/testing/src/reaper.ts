/** `node reaper.js <dir>`: waits until its stdin closes, then ends every server whose state lies in <dir>, and removes it. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stopNatsServer, stopPostgres } from '@enishi/infra';

const dir = process.argv[2] ?? '';
// Ctrl-C goes to the tests; the end of the tests comes here as the end of stdin.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.stdin.resume();
process.stdin.once('close', () => {
  void end();
});

async function end(): Promise<void> {
  for (const name of existsSync(dir) ? readdirSync(dir) : []) {
    await stopNatsServer(join(dir, name, 'nats')).catch(complain);
  }
  await stopPostgres(join(dir, 'postgres')).catch(complain);
  rmSync(dir, { recursive: true, force: true });
}

function complain(error: unknown): void {
  process.stderr.write(`${String(error)}\n`);
}
