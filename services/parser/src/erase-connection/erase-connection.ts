import type { connectionErased, Payload } from '@enishi/contracts';
import { Injectable } from '@nestjs/common';
import { AccessStore } from '../access.store.js';
import { lockName, type Tx } from '../database.store.js';
import { events } from '../events.js';
import { LedgerStore } from '../ledger.store.js';
import { PageStore } from '../page.store.js';

/** Erases what came through the connection and through no other: sealed pages, entries, accounts, and what clients were let see of them. */
@Injectable()
export class EraseConnection {
  constructor(
    private readonly pages: PageStore,
    private readonly ledger: LedgerStore,
    private readonly access: AccessStore,
  ) {}

  async run({ connectionId, holderId, erasedAt }: Payload<typeof connectionErased>, tx: Tx): Promise<void> {
    await lockName(tx, 'connection', connectionId);
    const { accounts, entries } = await this.ledger.eraseConnection(tx, { connectionId, holderId, erasedAt: new Date(erasedAt) });
    const pages = await this.pages.eraseConnection(tx, connectionId);
    await this.access.forgetAccounts(tx, holderId, accounts);
    events.connectionErased({ connectionId }, { pages, accounts: accounts.length, entries });
  }
}
