/** The one Prisma client of this service. Stores take a `Tx`; only they look into it. */
import { type PrismaAdapterOptions, PrismaDatabase, prismaAdapter, type SqlClient } from '@enishi/database';
import { AppError } from '@enishi/errors';
import { type Prisma, PrismaClient } from './generated/prisma/client.js';

/** A transaction, or the client itself for a single statement. */
export type Tx = Prisma.TransactionClient;

export class Database extends PrismaDatabase<PrismaClient, Tx> {
  private readonly reports = new WeakMap<Tx, (() => void)[]>();

  constructor(options: PrismaAdapterOptions) {
    super(new PrismaClient({ adapter: prismaAdapter(options) }));
  }

  override async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const reports: (() => void)[] = [];
    const result = await super.transaction((tx) => {
      this.reports.set(tx, reports);
      return work(tx);
    });
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
}

/** Whether a unique constraint refused the write: someone else was first. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof AppError && error.code === 'platform.rule_violated' && (error.cause as { code?: unknown }).code === 'P2002';
}
