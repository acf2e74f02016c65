/** What a holder lets each client see. */
import type { HolderId } from '@enishi/contracts';
import { Injectable } from '@nestjs/common';
import { dateToDay, dayToDate, type Tx } from './database.store.js';
import type { Access } from './generated/prisma/client.js';

export interface Policy {
  clientId: string;
  /** null: all of them, also those to come. */
  accounts: string[] | null;
  /** YYYY-MM-DD; null: as far back as there is. */
  since: string | null;
}

const policyOf = ({ clientId, everything, accountIds, since }: Access): Policy => ({
  clientId,
  accounts: everything ? null : accountIds,
  since: since && dateToDay(since),
});

@Injectable()
export class AccessStore {
  async find(tx: Tx, holderId: HolderId, clientId: string): Promise<Policy | null> {
    const row = await tx.access.findUnique({ where: { holderId_clientId: { holderId, clientId } } });
    return row && policyOf(row);
  }

  async list(tx: Tx, holderId: HolderId): Promise<Policy[]> {
    return (await tx.access.findMany({ where: { holderId }, orderBy: { clientId: 'asc' } })).map(policyOf);
  }

  async countOthers(tx: Tx, holderId: HolderId, clientId: string): Promise<number> {
    return tx.access.count({ where: { holderId, NOT: { clientId } } });
  }

  async set(tx: Tx, holderId: HolderId, { clientId, accounts, since }: Policy): Promise<void> {
    const what = { everything: accounts === null, accountIds: accounts ?? [], since: since === null ? null : dayToDate(since) };
    await tx.access.upsert({ where: { holderId_clientId: { holderId, clientId } }, create: { holderId, clientId, ...what }, update: what });
  }

  /** False: there was none. */
  async remove(tx: Tx, holderId: HolderId, clientId: string): Promise<boolean> {
    return (await tx.access.deleteMany({ where: { holderId, clientId } })).count > 0;
  }

  /** Accounts that are gone leave no trace in what clients may see. */
  async forgetAccounts(tx: Tx, holderId: HolderId, accountIds: readonly string[]): Promise<void> {
    if (accountIds.length === 0) return;
    await tx.$executeRaw`UPDATE access SET account_ids = ARRAY(
      SELECT id FROM unnest(account_ids) AS id WHERE id <> ALL(${[...accountIds]}::text[])) WHERE holder_id = ${holderId}`;
  }
}
