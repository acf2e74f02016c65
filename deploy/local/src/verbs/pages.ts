/** `pages`: the sealed answers of banks, for whoever must learn a page that the connector does not know. By the parser's own program. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { inheritedEnvironment } from '../config.js';
import { ExpectedFailure } from '../expected-failure.js';
import { type Layout, ROOT } from '../layout.js';
import { databaseUrls } from '../platform/database-urls.js';

export function pages(layout: Layout, action: string, order: string | undefined, options: { unknown?: boolean; out?: string }): void {
  if (!existsSync(layout.path('endpoints.json'))) throw new ExpectedFailure('The platform is not up. Start it with ./enishi up.');
  const args = [
    action,
    ...(order ? [order] : []),
    ...(options.unknown ? ['--unknown'] : []),
    ...(options.out ? ['--out', options.out] : []),
  ];
  const env = {
    ...inheritedEnvironment(),
    DATABASE_URL: databaseUrls(layout).parser,
    // Listing is done without the key.
    ...(action === 'open' ? { RESULT_KEY_FILE: layout.path('pki', 'result.key.json') } : {}),
  };
  const cli = join(ROOT, 'services', 'parser', 'dist', 'sealed-pages', 'cli.js');
  process.exitCode = spawnSync(process.execPath, [cli, ...args], { stdio: 'inherit', env }).status ?? 1;
}
