/** `republish`: sends again what the services published in the last day, after nats-server lost its streams. Hearers drop what they know. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES } from '@enishi/contracts';
import { provision } from '@enishi/messaging';
import { inheritedEnvironment } from '../config.js';
import { ExpectedFailure } from '../expected-failure.js';
import { type Layout, ROOT } from '../layout.js';
import { operatorLogin } from '../nats-keys.js';
import { databaseUrls } from '../platform/database-urls.js';

export async function republish(layout: Layout): Promise<void> {
  if (!existsSync(layout.path('endpoints.json'))) throw new ExpectedFailure('The platform is not up. Start it with ./enishi up.');
  await provision(operatorLogin(layout));
  const urls = databaseUrls(layout);
  const cli = join(ROOT, 'libs', 'database', 'dist', 'cli.js');
  for (const service of SERVICES) {
    const env = { ...inheritedEnvironment(), DATABASE_URL: urls[service] };
    const { status } = spawnSync(process.execPath, [cli, 'republish', '--service', service], { stdio: 'inherit', env });
    if (status !== 0) throw new ExpectedFailure(`${service} could not republish; the lines above say why.`);
  }
}
