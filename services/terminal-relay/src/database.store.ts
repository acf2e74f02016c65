/** The one Prisma client of this service. Stores take a `Tx`; only they look into it. */
import { type PrismaAdapterOptions, PrismaDatabase, prismaAdapter } from '@enishi/database';
import { type Prisma, PrismaClient } from './generated/prisma/client.js';

/** A transaction, or the client itself for a single statement. */
export type Tx = Prisma.TransactionClient;

export class Database extends PrismaDatabase<PrismaClient, Tx> {
  constructor(options: PrismaAdapterOptions) {
    super(new PrismaClient({ adapter: prismaAdapter(options) }));
  }
}
