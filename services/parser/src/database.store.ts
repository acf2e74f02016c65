/** The one Prisma client of this service. Stores take a `Tx`; only they look into it. */
import { databaseAway, type PrismaAdapterOptions, prismaAdapter } from '@enishi/database';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type Prisma, PrismaClient } from './generated/prisma/client.js';

/** A transaction, or the client itself for a single statement. */
export type Tx = Prisma.TransactionClient;

@Injectable()
export class Database implements OnApplicationShutdown {
  readonly client: PrismaClient;

  constructor(options: PrismaAdapterOptions) {
    this.client = new PrismaClient({ adapter: prismaAdapter(options) }).$extends({
      query: { $allOperations: ({ args, query }) => query(args).catch(rethrow) },
    }) as unknown as PrismaClient;
  }

  /** All or nothing. What `work` throws is thrown on, and nothing has happened. @throws platform.not_available */
  transaction<T>(work: (tx: Tx) => Promise<T>, timeoutMs = 10_000): Promise<T> {
    return this.client.$transaction(work, { maxWait: 5_000, timeout: timeoutMs }).catch(rethrow);
  }

  /** Readiness: throws when Postgres is away. */
  async check(): Promise<void> {
    await this.client.$queryRaw`SELECT 1`;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.client.$disconnect();
  }
}

/**
 * Until the transaction ends, nobody else is in here under the same name. Two names with one hash wait for each other:
 * slower, never wrong. Taken in this order everywhere, so that nobody waits in a ring: connection, run, accounts, access.
 */
export async function lockName(tx: Tx, what: 'connection' | 'run' | 'access', id: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`${what} ${id}`}, 0))`;
}

export async function lockAccounts(tx: Tx, holderId: string, identities: readonly string[]): Promise<void> {
  for (const identity of identities.toSorted())
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`account ${holderId} ${identity}`}, 0))`;
}

/** Postgres `date` columns come and go as midnight UTC. */
export const dayToDate = (day: string): Date => new Date(`${day}T00:00:00Z`);
export const dateToDay = (date: Date): string => date.toISOString().slice(0, 10);

/** Callers learn that the database is away, and may come again; all else is as it was thrown. */
function rethrow(error: unknown): never {
  throw databaseAway(error) ?? error;
}
