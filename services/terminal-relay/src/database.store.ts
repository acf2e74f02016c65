/** The one Prisma client of this service. Stores take a `Tx`; only they look into it. */
import { databaseAway, type PrismaAdapterOptions, prismaAdapter } from '@enishi/database';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type Prisma, PrismaClient } from './generated/prisma/client.js';

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
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.client.$transaction(work, { maxWait: 5_000, timeout: 10_000 }).catch(rethrow);
  }

  /** Readiness: throws when Postgres is away. */
  async check(): Promise<void> {
    await this.client.$queryRaw`SELECT 1`;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.client.$disconnect();
  }
}

/** Callers learn that the database is away, and may come again; all else is as it was thrown. */
function rethrow(error: unknown): never {
  throw databaseAway(error) ?? error;
}
