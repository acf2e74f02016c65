/** `migration`: writes what the migrations of a service lack to say what its schema.prisma says. */
import { SERVICES, type ServiceName } from '@enishi/contracts';
import { diffToMigration } from '@enishi/database';
import { ExpectedFailure } from '../expected-failure.js';
import { prismaFiles } from '../layout.js';
import { withScratchPostgres } from '../scratch-postgres.js';

export async function migration(service: string, name: string): Promise<void> {
  const known = SERVICES.find((candidate): candidate is ServiceName => candidate === service);
  if (!known) throw new ExpectedFailure(`There is no service '${service}'. Services: ${SERVICES.join(', ')}.`, 64);
  if (!/^[a-z][a-z0-9_]{1,59}$/.test(name))
    throw new ExpectedFailure(`'${name}' is no name of a migration: lower-case letters, digits and '_', for example add_nickname.`, 64);
  const file = await withScratchPostgres((adminUrl) => diffToMigration({ ...prismaFiles(known), adminUrl, name }));
  if (file === null) process.stderr.write('schema.prisma says nothing that the migrations do not say.\n');
  else process.stdout.write(`${file}\n`);
}
