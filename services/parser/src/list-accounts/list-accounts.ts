import type { listAccounts, RouteOutput } from '@enishi/contracts';
import type { Caller } from '@enishi/http';
import { Injectable } from '@nestjs/common';
import { AccessStore } from '../access.store.js';
import { Database, dateToDay } from '../database.store.js';
import { LedgerStore } from '../ledger.store.js';
import { checkGranted } from '../manage-access/check-access.js';
import { sumOf } from '../read-statement/money.js';
import { shownAmount } from './shown-amount.js';

type Shown = RouteOutput<typeof listAccounts>['accounts'][number];

/** A6: the accounts that the holder lets this client see. */
@Injectable()
export class ListAccounts {
  constructor(
    private readonly database: Database,
    private readonly access: AccessStore,
    private readonly ledger: LedgerStore,
  ) {}

  async run({ holderId, clientId }: Caller): Promise<RouteOutput<typeof listAccounts>> {
    const { client } = this.database;
    const policy = checkGranted(await this.access.find(client, holderId, clientId));
    const accounts = await this.ledger.accountsOf(client, holderId, policy.accounts);
    return {
      accounts: accounts.map((row) => ({
        accountId: row.accountId as Shown['accountId'],
        institution: { code: row.institutionCode, name: row.institutionName },
        branch: { code: row.branchCode, name: row.branchName },
        type: row.type as Shown['type'],
        // Stored before kinds were kept: the type stands for it.
        kind: row.kind === '' ? row.type : row.kind,
        number: row.number,
        currency: row.currency,
        status: row.closedAt === null ? 'open' : 'closed',
        balance:
          row.balance === null || row.balanceAsOf === null
            ? null
            : { amount: shownAmount(row.balance, row.balanceScale, row.currency), asOf: dateToDay(row.balanceAsOf) },
        reconciliation: {
          state: row.reconciliation as Shown['reconciliation']['state'],
          delta: row.reconciliationDelta === null ? null : shownAmount(row.reconciliationDelta, row.reconciliationScale, row.currency),
        },
        lastAggregatedAt: row.lastAggregatedAt.toISOString(),
      })),
      totals: totalsOf(accounts),
    };
  }
}

/** A closed account's money is in another one by now: it is not added up. Nor is an account whose balance is not known. */
function totalsOf(accounts: Awaited<ReturnType<LedgerStore['accountsOf']>>): RouteOutput<typeof listAccounts>['totals'] {
  const open = accounts.filter((account) => account.closedAt === null && account.balance !== null && account.balanceAsOf !== null);
  const byCurrency = Map.groupBy(open, (account) => account.currency);
  return [...byCurrency]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, list]) => {
      const { minor, scale } = sumOf(list.map((account) => ({ minor: account.balance ?? 0n, scale: account.balanceScale })));
      return { currency, amount: shownAmount(minor, scale, currency) };
    });
}
