/** `token`: an internal JWT for a user, as the introspector will sign it; alone on stdout. */
import { existsSync } from 'node:fs';
import { ClientId, SERVICES, type ServiceName } from '@enishi/contracts';
import { ExpectedFailure } from '../expected-failure.js';
import type { Layout } from '../layout.js';
import { OWNER_SCOPE, TOKEN_SECONDS, tokenFor } from '../users.js';

export function token(layout: Layout, options: { user: string; client: string; service: string; scope?: string }): void {
  if (!existsSync(layout.path('pki', 'complete')))
    throw new ExpectedFailure('There are no keys yet. Start the platform once: ./enishi up.');
  const service = SERVICES.find((name): name is ServiceName => name === options.service);
  if (!service) throw new ExpectedFailure(`There is no service '${options.service}'. Services: ${SERVICES.join(', ')}.`, 64);
  if (!ClientId.safeParse(options.client).success)
    throw new ExpectedFailure(`'${options.client}' is no client id: letters, digits, '.', '_', '-', 80 at most.`, 64);
  process.stdout.write(
    `${tokenFor(layout, { user: options.user, client: options.client, service, scope: options.scope ?? OWNER_SCOPE })}\n`,
  );
  process.stderr.write(`For ${service}, for ${TOKEN_SECONDS / 60} minutes.\n`);
}
