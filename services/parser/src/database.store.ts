/** The one Prisma client of this service. Stores take a `Tx`; only they look into it. */
import { lockSlots, type PrismaAdapterOptions, PrismaDatabase, prismaAdapter } from '@enishi/database';
import { type Prisma, PrismaClient } from './generated/prisma/client.js';

/** A transaction, or the client itself for a single statement. */
export type Tx = Prisma.TransactionClient;

export class Database extends PrismaDatabase<PrismaClient, Tx> {
  constructor(options: PrismaAdapterOptions) {
    super(new PrismaClient({ adapter: prismaAdapter(options) }));
  }
}

/**
 * Until the transaction ends, nobody else is in here under the same name. Taken in this order everywhere, so that nobody
 * waits in a ring: connection, run, accounts, access.
 */
export function lockName(tx: Tx, what: 'connection' | 'run' | 'access', id: string): Promise<void> {
  return lockSlots(tx, what, [id]);
}

export function lockAccounts(tx: Tx, holderId: string, identities: readonly string[]): Promise<void> {
  return lockSlots(
    tx,
    'account',
    identities.map((identity) => `${holderId} ${identity}`),
  );
}

/** Postgres `date` columns come and go as midnight UTC. */
export const dayToDate = (day: string): Date => new Date(`${day}T00:00:00Z`);
export const dateToDay = (date: Date): string => date.toISOString().slice(0, 10);
