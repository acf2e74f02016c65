/** A small owner of rows, with a second one beside it, on a database of their own. */
import { join } from 'node:path';
import { type FreshDatabase, freshDatabase } from '@enishi/testing';
import { prismaAdapter } from '../src/index.js';
import { PrismaClient } from './ledger/src/generated/prisma/client.js';

export const LEDGER_PRISMA = join(import.meta.dirname, 'ledger', 'prisma');
const migrationsDir = join(LEDGER_PRISMA, 'migrations');

export function ledgerDatabase(): Promise<FreshDatabase> {
  return freshDatabase({
    services: [
      { name: 'ledger', migrationsDir },
      { name: 'other-ledger', migrationsDir },
    ],
  });
}

export function ledgerClient(database: FreshDatabase, name = 'ledger'): PrismaClient {
  return new PrismaClient({ adapter: prismaAdapter({ url: database.url(name), schema: name.replaceAll('-', '_') }) });
}

export type { PrismaClient };
