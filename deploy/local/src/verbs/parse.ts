/** `parse`: one statement file to JSON, by the parser's own reader. */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { ROOT } from '../layout.js';

export function parse(file: string, options: { profile?: string; asOf?: string }): void {
  const cli = join(ROOT, 'services', 'parser', 'dist', 'parse-file', 'cli.js');
  const more = [...(options.profile ? ['--profile', options.profile] : []), ...(options.asOf ? ['--as-of', options.asOf] : [])];
  const { status } = spawnSync(process.execPath, [cli, resolve(file), ...more], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
