/** `logs`: the last lines of a part's log, or of all. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { ExpectedFailure } from '../expected-failure.js';
import type { Layout } from '../layout.js';

export function logs(layout: Layout, part: string | undefined, lines: number): void {
  const files = logFiles(layout);
  const chosen = part === undefined ? [...files.entries()] : [...files.entries()].filter(([name]) => name === part);
  if (chosen.length === 0) {
    const known = [...files.keys()].join(', ');
    throw new ExpectedFailure(
      part === undefined ? 'There are no logs yet.' : `There is no log of '${part}'. Logs: ${known || 'none yet'}.`,
    );
  }
  for (const [name, file] of chosen) {
    if (chosen.length > 1) process.stdout.write(`\n== ${name} (${file})\n`);
    const text = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
    process.stdout.write(`${text}\n`);
  }
}

function logFiles(layout: Layout): Map<string, string> {
  const dir = layout.path('logs');
  const own = existsSync(dir) ? readdirSync(dir).filter((file) => file.endsWith('.log')) : [];
  const files = new Map(own.map((file) => [basename(file, '.log'), layout.path('logs', file)]));
  for (const [name, file] of [
    ['postgres', layout.path('postgres', 'postgres.log')],
    ['nats-server', layout.path('nats', 'nats-server.log')],
  ] as const) {
    if (existsSync(file)) files.set(name, file);
  }
  return files;
}
