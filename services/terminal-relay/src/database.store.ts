/** The one Prisma client of this service. Stores take a `Tx`; only they look into it. */
import { prismaAdapter } from '@enishi/database';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type Prisma, PrismaClient } from './generated/prisma/client.js';

export type Tx = Prisma.TransactionClient;

@Injectable()
export class Database implements OnApplicationShutdown {
  readonly client: PrismaClient;

  constructor(options: { url: string; schema: string }) {
    this.client = new PrismaClient({ adapter: prismaAdapter(options) });
  }

  /** All or nothing. What `work` throws is thrown on, and nothing has happened. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.client.$transaction(work, { maxWait: 5_000, timeout: 10_000 });
  }

  /** Readiness: throws when Postgres is away. */
  async check(): Promise<void> {
    await this.client.$queryRaw`SELECT 1`;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.client.$disconnect();
  }
}
