import { listAccess, listAccounts, listTransactions, type RouteOutput, removeAccess, setAccess } from '@enishi/contracts';
import { type Caller, type ServedInput, Serves } from '@enishi/http';
import { Controller } from '@nestjs/common';
import { ListAccounts } from './list-accounts/list-accounts.js';
import { ListTransactions } from './list-transactions/list-transactions.js';
import { ManageAccess } from './manage-access/manage-access.js';

/** The holder is always the caller's: no route takes one from its input. */
@Controller()
export class ParserHttpController {
  constructor(
    private readonly accounts: ListAccounts,
    private readonly transactions: ListTransactions,
    private readonly access: ManageAccess,
  ) {}

  @Serves(listAccounts)
  listAccounts(_: ServedInput<typeof listAccounts>, caller: Caller): Promise<RouteOutput<typeof listAccounts>> {
    return this.accounts.run(caller);
  }

  @Serves(listTransactions)
  listTransactions(input: ServedInput<typeof listTransactions>, caller: Caller): Promise<RouteOutput<typeof listTransactions>> {
    return this.transactions.run(input, caller);
  }

  @Serves(listAccess)
  listAccess(_: ServedInput<typeof listAccess>, caller: Caller): Promise<RouteOutput<typeof listAccess>> {
    return this.access.list(caller);
  }

  @Serves(setAccess)
  setAccess(input: ServedInput<typeof setAccess>, caller: Caller): Promise<RouteOutput<typeof setAccess>> {
    return this.access.set(input, caller);
  }

  @Serves(removeAccess)
  removeAccess({ params }: ServedInput<typeof removeAccess>, { holderId }: Caller): Promise<undefined> {
    return this.access.remove(params.clientId, holderId);
  }
}
