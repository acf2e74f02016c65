import { listTransactions, type RouteOutput } from '@enishi/contracts';
import { failure } from '@enishi/errors';
import type { Caller, ServedInput } from '@enishi/http';
import { Injectable } from '@nestjs/common';
import { AccessStore } from '../access.store.js';
import { Database, dateToDay } from '../database.store.js';
import { LedgerStore } from '../ledger.store.js';
import { shownAmount } from '../list-accounts/shown-amount.js';
import { boundedFrom, checkGranted, maySee } from '../manage-access/check-access.js';
import { cursorOf, placeOf } from './cursor.js';

type Shown = RouteOutput<typeof listTransactions>['transactions'][number];

/** A6: entries of one account, newest first, as far back as the holder lets this client see. */
@Injectable()
export class ListTransactions {
  constructor(
    private readonly database: Database,
    private readonly access: AccessStore,
    private readonly ledger: LedgerStore,
  ) {}

  async run(
    { params, query }: ServedInput<typeof listTransactions>,
    { holderId, clientId }: Caller,
  ): Promise<RouteOutput<typeof listTransactions>> {
    const { client } = this.database;
    const policy = checkGranted(await this.access.find(client, holderId, clientId));
    // An account that this client may not see is told like one that is not there.
    if (!maySee(policy, params.accountId) || !(await this.ledger.owns(client, holderId, [params.accountId])))
      throw failure(listTransactions, 'account_unknown', 'There is no such account.', { place: 'params.accountId' });
    const after = query.cursor === undefined ? null : placeOf(query.cursor);
    if (query.cursor !== undefined && after === null)
      throw failure(listTransactions, 'cursor_not_valid', 'This is not a cursor of this list.', { place: 'query.cursor' });
    const from = boundedFrom(policy, query.from);
    const rows = await this.ledger.entriesOf(client, params.accountId, {
      from,
      to: query.to ?? null,
      withdrawn: query.withdrawn === 'include',
      after,
      limit: query.limit + 1,
    });
    const page = rows.slice(0, query.limit);
    const last = page.at(-1);
    return {
      transactions: page.map((row) => ({
        transactionId: row.transactionId as Shown['transactionId'],
        date: dateToDay(row.date),
        valueDate: row.valueDate && dateToDay(row.valueDate),
        amount: shownAmount(row.amount, row.scale, row.currency),
        currency: row.currency,
        description: [row.description, row.counterparty].filter(Boolean).join(' '),
        balance: row.balance === null ? null : shownAmount(row.balance, row.balanceScale, row.currency),
        revisedAt: row.revisedAt?.toISOString() ?? null,
        withdrawnAt: row.withdrawnAt?.toISOString() ?? null,
      })),
      nextCursor: rows.length > query.limit && last ? cursorOf({ date: dateToDay(last.date), seq: last.seq }) : null,
    };
  }
}
