import { AppError } from '@enishi/errors';
import { histogram } from '@enishi/telemetry';
import { databaseAway } from './database-away.js';
import { databaseRefusal } from './database-refusal.js';

/** operation: as Prisma names it (`findMany`, `$queryRaw`), or `transaction`; outcome: ok, away (may be tried again), failed. */
const operationSeconds = histogram({
  name: 'enishi_database_operation_seconds',
  help: 'Duration of what was asked of Postgres, waiting for a connection included',
  labels: ['operation', 'outcome'],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
});

/** What this class uses of a generated client whose transactions are `Tx`. */
interface GeneratedClient<Tx> {
  $transaction<R>(work: (tx: Tx) => Promise<R>, options?: { maxWait?: number; timeout?: number }): Promise<R>;
  $queryRawUnsafe(query: string): Promise<unknown>;
  $disconnect(): Promise<void>;
}

interface Operation {
  readonly operation: string;
  readonly args: unknown;
  readonly query: (args: unknown) => Promise<unknown>;
}

/**
 * The one Prisma client of a service; its own class extends this one. Whatever is asked through `client` or in a transaction
 * is measured, and throws platform.not_available while the database is away, platform.value_not_storable or
 * platform.rule_violated when it refuses what is said; all else is thrown as Prisma throws it.
 */
export class PrismaDatabase<Client extends GeneratedClient<Tx>, Tx> {
  readonly client: Client;

  /** `client`: a new one of the service's generated class, over `prismaAdapter(…)`. */
  constructor(client: Client) {
    const extendable = client as unknown as { $extends(extension: object): Client };
    this.client = extendable.$extends({
      query: { $allOperations: ({ operation, args, query }: Operation) => measured(operation, () => query(args)) },
    });
  }

  /** All or nothing. What `work` throws is thrown on, and nothing has happened. @throws platform.not_available */
  transaction<T>(work: (tx: Tx) => Promise<T>, timeoutMs = 10_000): Promise<T> {
    return measured('transaction', () => this.client.$transaction(work, { maxWait: 5_000, timeout: timeoutMs }));
  }

  /** Readiness: throws when Postgres is away. */
  async check(): Promise<void> {
    await this.client.$queryRawUnsafe('SELECT 1');
  }

  /** Called by Nest. */
  async onApplicationShutdown(): Promise<void> {
    await this.client.$disconnect();
  }
}

async function measured<T>(operation: string, run: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  let outcome = 'ok';
  try {
    return await run();
  } catch (error) {
    // A statement throws as Prisma does; its transaction throws on what was made of that.
    const source = error instanceof AppError ? error.cause : error;
    const away = databaseAway(source);
    const refusal = databaseRefusal(source);
    // A transaction that its work ends by a refusal of its own did what it was asked to.
    outcome = away !== undefined ? 'away' : refusal !== undefined || !(error instanceof AppError) ? 'failed' : 'ok';
    throw error instanceof AppError ? error : (away ?? refusal ?? error);
  } finally {
    operationSeconds.observe({ operation, outcome }, (performance.now() - startedAt) / 1_000);
  }
}
