/** Fails when a service's schema.prisma and its migrations do not say the same. */
import { SERVICES } from '@enishi/contracts';
import { checkDrift } from '@enishi/database';
import { prismaFiles } from '../layout.js';
import { withScratchPostgres } from '../scratch-postgres.js';

await withScratchPostgres(async (adminUrl) => {
  for (const service of SERVICES) {
    const missing = await checkDrift({ ...prismaFiles(service), adminUrl });
    if (missing === null) continue;
    process.stderr.write(`${service}: schema.prisma says more than the migrations. They lack:\n${missing}\n`);
    process.exitCode = 1;
  }
});
