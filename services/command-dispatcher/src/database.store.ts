/** The one Prisma client of this service. Stores take a `Tx`; only they look into it. */
import { databaseAway, type PrismaAdapterOptions, prismaAdapter, type SqlClient } from '@enishi/database';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Prisma, PrismaClient } from './generated/prisma/client.js';

/** A transaction, or the client itself for a single statement. */
export type Tx = Prisma.TransactionClient;

@Injectable()
export class Database implements OnApplicationShutdown {
  readonly client: PrismaClient;
  private readonly reports = new WeakMap<Tx, (() => void)[]>();

  constructor(options: PrismaAdapterOptions) {
    this.client = new PrismaClient({ adapter: prismaAdapter(options) }).$extends({
      query: { $allOperations: ({ args, query }) => query(args).catch(rethrow) },
    }) as unknown as PrismaClient;
  }

  /** All or nothing. What `work` throws is thrown on, and nothing has happened. @throws platform.not_available */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const reports: (() => void)[] = [];
    const noted = (tx: Tx) => {
      this.reports.set(tx, reports);
      return work(tx);
    };
    const result = await this.client.$transaction(noted, { maxWait: 5_000, timeout: 10_000 }).catch(rethrow);
    for (const report of reports) report();
    return result;
  }

  /** Logs and counts what has happened, once it has: what is rolled back comes again, and must not count twice. */
  afterCommit(tx: Tx, report: () => void): void {
    const reports = this.reports.get(tx);
    if (reports === undefined) throw new Error('this is no open transaction');
    reports.push(report);
  }

  get sql(): SqlClient {
    return this.client;
  }

  /** Readiness: throws when Postgres is away. */
  async check(): Promise<void> {
    await this.client.$queryRaw`SELECT 1`;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.client.$disconnect();
  }
}

/** Whether a unique constraint refused the write: someone else was first. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
}

/** Callers learn that the database is away, and may come again; all else is as it was thrown. */
function rethrow(error: unknown): never {
  throw databaseAway(error) ?? error;
}
