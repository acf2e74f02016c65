import { type AccountId, type HolderId, type listAccess, type RouteOutput, removeAccess, setAccess } from '@enishi/contracts';
import { failure } from '@enishi/errors';
import type { Caller, ServedInput } from '@enishi/http';
import { CONFIG } from '@enishi/service';
import { Inject, Injectable } from '@nestjs/common';
import { AccessStore, type Policy } from '../access.store.js';
import type { Config } from '../config.js';
import { Database, lockName } from '../database.store.js';
import { events } from '../events.js';
import { LedgerStore } from '../ledger.store.js';

type Shown = RouteOutput<typeof setAccess>;
const shown = ({ clientId, accounts, since }: Policy): Shown => ({ clientId, accounts: (accounts as AccountId[] | null) ?? 'all', since });

/** A6: the holder decides which client or terminal sees all or a part. Takes effect with the answer. */
@Injectable()
export class ManageAccess {
  constructor(
    private readonly database: Database,
    private readonly access: AccessStore,
    private readonly ledger: LedgerStore,
    @Inject(CONFIG) private readonly config: Pick<Config, 'CLIENTS_PER_HOLDER'>,
  ) {}

  async list({ holderId }: Caller): Promise<RouteOutput<typeof listAccess>> {
    return { access: (await this.access.list(this.database.client, holderId)).map(shown) };
  }

  async set({ params: { clientId }, body }: ServedInput<typeof setAccess>, { holderId }: Caller): Promise<Shown> {
    const accounts = body.accounts === 'all' ? null : [...new Set(body.accounts)];
    const policy: Policy = { clientId, accounts, since: body.since };
    await this.database.transaction(async (tx) => {
      await lockName(tx, 'access', holderId);
      if (accounts && !(await this.ledger.owns(tx, holderId, accounts)))
        throw failure(setAccess, 'account_unknown', 'There is no such account.', { place: 'body.accounts' });
      if ((await this.access.countOthers(tx, holderId, clientId)) >= this.config.CLIENTS_PER_HOLDER)
        throw failure(setAccess, 'too_many_clients', `At most ${this.config.CLIENTS_PER_HOLDER} clients may see something.`);
      await this.access.set(tx, holderId, policy);
    });
    events.accessChanged({ holderId, clientId }, accounts === null ? 'everything' : accounts.length > 0 ? 'part' : 'nothing');
    return shown(policy);
  }

  async remove(clientId: string, holderId: HolderId): Promise<undefined> {
    if (!(await this.access.remove(this.database.client, holderId, clientId)))
      throw failure(removeAccess, 'access_unknown', 'This client could see nothing already.');
    events.accessChanged({ holderId, clientId }, 'nothing');
  }
}
