/** Accounts, their entries and statements. */
import type { AccountId, ConnectionId, HolderId, RunId } from '@enishi/contracts';
import { Injectable } from '@nestjs/common';
import type { ProvenSpan, Total } from './commit-run/ledger-state.js';
import type { StoredEntry } from './commit-run/match-transactions.js';
import type { Days } from './commit-run/proven-days.js';
import { dateToDay, dayToDate, lockAccounts, type Tx } from './database.store.js';
import type { Account, Transaction } from './generated/prisma/client.js';
import { type Money, sumOf } from './read-statement/money.js';
import type { StatementReconciliation } from './read-statement/statement-file.js';

export interface AccountFacts {
  identity: string;
  institutionCode: string;
  institutionName: string;
  branchCode: string;
  branchName: string | null;
  type: string;
  kind: string;
  number: string;
  currency: string;
}
/** Minor units and their number of decimals. */
export interface Units {
  minor: bigint;
  scale: number;
}
export interface NewTransaction {
  transactionId: string;
  fingerprint: string;
  occurrence: number;
  date: string;
  valueDate: string | null;
  amount: Units;
  currency: string;
  description: string;
  counterparty: string | null;
  balance: Units | null;
  bankId: string | null;
  channel: string | null;
}
export interface StatementFacts {
  read: number;
  added: number;
  revised: number;
  withdrawn: number;
  proven: Days | null;
  readAt: Date;
  opening: bigint | null;
  closing: bigint | null;
  scale: number;
  state: string;
  delta: bigint | null;
}
/** What the account's row says of the entries stored. */
export interface LedgerSummary {
  reconciliation: StatementReconciliation['state'];
  delta: Money | null;
  span: ProvenSpan | null;
}
/** Newest first: older than this place. */
export interface Place {
  date: string;
  seq: bigint;
}

@Injectable()
export class LedgerStore {
  /** The answer that a commit of this run was given; null: it is not committed. */
  async committed(tx: Tx, runId: RunId): Promise<unknown> {
    return (await tx.committedRun.findUnique({ where: { runId } }))?.answer ?? null;
  }

  async rememberCommit(tx: Tx, run: { runId: RunId; connectionId: ConnectionId; holderId: HolderId }, answer: object): Promise<void> {
    await tx.committedRun.create({ data: { ...run, answer } });
  }

  /** Identities of the accounts that are read through this connection. */
  async identitiesOf(tx: Tx, connectionId: ConnectionId): Promise<string[]> {
    const accounts = await tx.account.findMany({ where: { sources: { some: { connectionId } } }, select: { identity: true } });
    return accounts.map((account) => account.identity);
  }

  /**
   * The holder's account with this identity: found, or made under `accountId`. One that is stored under `before`, an
   * identity of an older kind, is carried over; of several accounts with that one identity, the first takes it.
   * The caller holds the locks of both.
   */
  async openAccount(tx: Tx, holderId: HolderId, facts: AccountFacts, before: string, accountId: AccountId): Promise<Account> {
    const { identity, kind, currency, institutionName, branchName } = facts;
    const key = { holderId_identity: { holderId, identity } };
    if ((await tx.account.count({ where: { holderId, identity } })) === 0)
      await tx.account.updateMany({ where: { holderId, identity: before, currency }, data: { identity } });
    return tx.account.upsert({
      where: key,
      create: { ...facts, accountId, holderId, lastAggregatedAt: new Date() },
      update: { kind, institutionName, ...(branchName === null ? {} : { branchName }) },
    });
  }

  /** All entries between these days, both included, withdrawn ones too, in the order of their insertion. */
  async entriesBetween(tx: Tx, accountId: string, { from, to }: Days): Promise<StoredEntry[]> {
    const rows = await tx.transaction.findMany({
      where: { accountId, date: { gte: dayToDate(from), lte: dayToDate(to) } },
      orderBy: { seq: 'asc' },
    });
    const staged = (minor: bigint, scale: number) => ({ minor: minor.toString(), scale });
    return rows.map((row) => ({
      transactionId: row.transactionId,
      fingerprint: row.fingerprint,
      occurrence: row.occurrence,
      withdrawn: row.withdrawnAt !== null,
      channel: row.channel,
      bankId: row.bankId,
      date: dateToDay(row.date),
      valueDate: row.valueDate && dateToDay(row.valueDate),
      amount: staged(row.amount, row.scale),
      description: row.description,
      counterparty: row.counterparty,
      balance: row.balance === null ? null : staged(row.balance, row.balanceScale),
    }));
  }

  /** Count and sum of what is stored on these days and not withdrawn. */
  async totalOf(tx: Tx, accountId: string, { from, to }: Days): Promise<Total> {
    const groups = await tx.$queryRaw<
      { scale: number; count: bigint; sum: string }[]
    >`SELECT scale, count(*) AS count, sum(amount)::text AS sum
      FROM transactions WHERE account_id = ${accountId} AND withdrawn_at IS NULL AND date BETWEEN ${from}::date AND ${to}::date GROUP BY scale`;
    return {
      count: groups.reduce((count, group) => count + Number(group.count), 0),
      sum: sumOf(groups.map(({ sum, scale }) => ({ minor: BigInt(sum), scale }))),
    };
  }

  /** The days that later readings than this have proved: there, theirs is the bank's last word. */
  async daysReadAfter(tx: Tx, accountId: string, readAt: Date): Promise<Days[]> {
    const later = await tx.statement.findMany({
      where: { accountId, readAt: { gt: readAt }, provenFrom: { not: null } },
      select: { provenFrom: true, provenTo: true },
    });
    return later.flatMap(({ provenFrom, provenTo }) =>
      provenFrom && provenTo ? [{ from: dateToDay(provenFrom), to: dateToDay(provenTo) }] : [],
    );
  }

  async addEntries(tx: Tx, accountId: string, entries: readonly NewTransaction[]): Promise<void> {
    // One statement however many there are: row by row, ten thousand would outlast the commit's time.
    const rows = entries.map(({ amount, balance, ...entry }, position) => ({
      ...entry,
      position,
      amount: amount.minor.toString(),
      scale: amount.scale,
      balance: balance?.minor.toString() ?? null,
      balanceScale: balance?.scale ?? 0,
    }));
    // In this order, so that `seq` follows the bank's own.
    await tx.$executeRaw`INSERT INTO transactions
        (transaction_id, account_id, fingerprint, occurrence, date, value_date, amount, scale, currency, description, counterparty,
         balance, balance_scale, bank_id, channel)
      SELECT "transactionId", ${accountId}, fingerprint, occurrence, date, "valueDate", amount, scale, currency, description, counterparty,
         balance, "balanceScale", "bankId", channel
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS entry
        ("transactionId" text, fingerprint text, occurrence int, date date, "valueDate" date, amount bigint, scale int, currency text,
         description text, counterparty text, balance bigint, "balanceScale" int, "bankId" text, channel text, position int)
      ORDER BY position`;
  }

  /** What stands in the rows of `told` is kept as a revision before it is written over. A withdrawn entry is back. */
  async reviseEntries(tx: Tx, runId: RunId, entries: readonly (NewTransaction & { told: boolean })[]): Promise<void> {
    const told = entries.flatMap((entry) => (entry.told ? [entry.transactionId] : []));
    await tx.$executeRaw`INSERT INTO transaction_revisions (transaction_id, run_id, revised_at, before)
      SELECT transaction_id, ${runId}, now(), jsonb_build_object('date', date, 'valueDate', value_date, 'amount', amount::text, 'scale', scale,
        'description', description, 'counterparty', counterparty, 'balance', balance::text, 'balanceScale', balance_scale, 'bankId', bank_id,
        'withdrawnAt', withdrawn_at)
      FROM transactions WHERE transaction_id = ANY(${told})`;
    const rows = entries.map(({ amount, balance, ...entry }) => ({
      ...entry,
      amount: amount.minor.toString(),
      scale: amount.scale,
      balance: balance?.minor.toString() ?? null,
      balanceScale: balance?.scale ?? 0,
    }));
    await tx.$executeRaw`UPDATE transactions t SET fingerprint = entry.fingerprint, occurrence = entry.occurrence, date = entry.date,
        value_date = entry."valueDate", amount = entry.amount, scale = entry.scale, description = entry.description,
        counterparty = entry.counterparty, balance = entry.balance, balance_scale = entry."balanceScale", bank_id = entry."bankId",
        channel = entry.channel, withdrawn_at = NULL, revised_at = CASE WHEN entry.told THEN now() ELSE t.revised_at END
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS entry
        ("transactionId" text, fingerprint text, occurrence int, date date, "valueDate" date, amount bigint, scale int,
         description text, counterparty text, balance bigint, "balanceScale" int, "bankId" text, channel text, told boolean)
      WHERE t.transaction_id = entry."transactionId"`;
  }

  async withdrawEntries(tx: Tx, transactionIds: readonly string[]): Promise<void> {
    await tx.$executeRaw`UPDATE transactions SET withdrawn_at = now() WHERE transaction_id = ANY(${[...transactionIds]}) AND withdrawn_at IS NULL`;
  }

  /** Balances after entries from this day on no longer hold, but those that were just read. */
  async dropBalances(tx: Tx, accountId: string, from: string, read: readonly string[]): Promise<void> {
    await tx.$executeRaw`UPDATE transactions SET balance = NULL WHERE account_id = ${accountId} AND date >= ${from}::date
      AND balance IS NOT NULL AND transaction_id <> ALL(${[...read]})`;
  }

  async noteSources(tx: Tx, connectionId: ConnectionId, accountId: string, transactionIds: readonly string[]): Promise<void> {
    await tx.$executeRaw`INSERT INTO account_sources (account_id, connection_id) VALUES (${accountId}, ${connectionId}) ON CONFLICT DO NOTHING`;
    await tx.$executeRaw`INSERT INTO transaction_sources (transaction_id, connection_id)
      SELECT id, ${connectionId} FROM unnest(${[...transactionIds]}::text[]) AS id ON CONFLICT DO NOTHING`;
  }

  async summaryOf(tx: Tx, accountId: string): Promise<LedgerSummary> {
    const row = await tx.account.findUniqueOrThrow({ where: { accountId } });
    const { provenFrom, provenTo, provenOpening, provenClosing, provenScale: scale } = row;
    const known = provenFrom !== null && provenTo !== null && provenOpening !== null && provenClosing !== null;
    return {
      reconciliation: row.reconciliation as StatementReconciliation['state'],
      delta: row.reconciliationDelta === null ? null : { minor: row.reconciliationDelta, scale: row.reconciliationScale },
      span: known
        ? {
            from: dateToDay(provenFrom),
            to: dateToDay(provenTo),
            opening: { minor: provenOpening, scale },
            closing: { minor: provenClosing, scale },
          }
        : null,
    };
  }

  async saveSpan(tx: Tx, accountId: string, { from, to }: Days, units: { opening: bigint; closing: bigint; scale: number }): Promise<void> {
    await tx.account.update({
      where: { accountId },
      data: {
        provenFrom: dayToDate(from),
        provenTo: dayToDate(to),
        provenOpening: units.opening,
        provenClosing: units.closing,
        provenScale: units.scale,
      },
    });
  }

  async saveStatement(
    tx: Tx,
    key: { runId: RunId; accountId: string; connectionId: ConnectionId },
    { proven, ...facts }: StatementFacts,
  ): Promise<void> {
    const days = { provenFrom: proven && dayToDate(proven.from), provenTo: proven && dayToDate(proven.to) };
    await tx.statement.create({ data: { ...key, ...facts, ...days } });
    await tx.account.update({
      where: { accountId: key.accountId },
      data: {
        lastAggregatedAt: new Date(),
        reconciliation: facts.state,
        reconciliationDelta: facts.delta,
        reconciliationScale: facts.scale,
      },
    });
  }

  /** An older balance never replaces a newer one; of one day, the one that was read later is the newer. */
  async saveBalance(tx: Tx, accountId: string, balance: Units, asOf: string, readAt: Date): Promise<void> {
    const day = dayToDate(asOf);
    const older = [
      { balanceAsOf: null },
      { balanceAsOf: { lt: day } },
      { balanceAsOf: day, balanceReadAt: null },
      { balanceAsOf: day, balanceReadAt: { lte: readAt } },
    ];
    await tx.account.updateMany({
      where: { accountId, OR: older },
      data: { balance: balance.minor, balanceScale: balance.scale, balanceAsOf: day, balanceReadAt: readAt },
    });
  }

  /**
   * What the bank's list of this connection says: these accounts are there, and if it is whole, no others are. An
   * account that no connection's list has any more is closed; one that is listed again is open again. Gives how many closed.
   * The caller holds the locks of all accounts of the connection.
   */
  async noteListed(
    tx: Tx,
    connectionId: ConnectionId,
    { accountIds, whole, readAt }: { accountIds: readonly string[]; whole: boolean; readAt: Date },
  ): Promise<number> {
    await tx.$executeRaw`UPDATE account_sources SET listed = account_id = ANY(${[...accountIds]}), listed_at = ${readAt}
      WHERE connection_id = ${connectionId} AND (${whole}::boolean OR account_id = ANY(${[...accountIds]}))
        AND (listed_at IS NULL OR listed_at <= ${readAt})`;
    const touched = await tx.accountSource.findMany({ where: { connectionId }, select: { accountId: true } });
    return this.closeUnlisted(
      tx,
      touched.map((source) => source.accountId),
    );
  }

  private async closeUnlisted(tx: Tx, accountIds: readonly string[]): Promise<number> {
    const isListed = { some: { listed: true } };
    await tx.account.updateMany({
      where: { accountId: { in: [...accountIds] }, closedAt: { not: null }, sources: isListed },
      data: { closedAt: null },
    });
    const closed = await tx.account.updateMany({
      where: { accountId: { in: [...accountIds] }, closedAt: null, NOT: { sources: isListed } },
      data: { closedAt: new Date() },
    });
    return closed.count;
  }

  async accountsOf(tx: Tx, holderId: HolderId, only: readonly string[] | null): Promise<Account[]> {
    return tx.account.findMany({
      where: { holderId, ...(only === null ? {} : { accountId: { in: [...only] } }) },
      orderBy: [{ institutionCode: 'asc' }, { branchCode: 'asc' }, { number: 'asc' }, { accountId: 'asc' }],
    });
  }

  async owns(tx: Tx, holderId: HolderId, accountIds: readonly string[]): Promise<boolean> {
    const wanted = [...new Set(accountIds)];
    return (await tx.account.count({ where: { holderId, accountId: { in: wanted } } })) === wanted.length;
  }

  /** Newest first. Days are included; null: no bound. `withdrawn`: also what the bank does not show any more. */
  async entriesOf(
    tx: Tx,
    accountId: string,
    {
      from,
      to,
      withdrawn,
      after,
      limit,
    }: { from: string | null; to: string | null; withdrawn: boolean; after: Place | null; limit: number },
  ): Promise<Transaction[]> {
    return tx.transaction.findMany({
      where: {
        accountId,
        ...(withdrawn ? {} : { withdrawnAt: null }),
        date: { ...(from === null ? {} : { gte: dayToDate(from) }), ...(to === null ? {} : { lte: dayToDate(to) }) },
        ...(after === null
          ? {}
          : { OR: [{ date: { lt: dayToDate(after.date) } }, { date: dayToDate(after.date), seq: { lt: after.seq } }] }),
      },
      orderBy: [{ date: 'desc' }, { seq: 'desc' }],
      take: limit,
    });
  }

  async isErased(tx: Tx, connectionId: ConnectionId): Promise<boolean> {
    return (await tx.erasedConnection.count({ where: { connectionId } })) > 0;
  }

  /** Erases what came through this connection and through no other. Gives the accounts that went, and how many entries. */
  async eraseConnection(
    tx: Tx,
    { connectionId, holderId, erasedAt }: { connectionId: ConnectionId; holderId: HolderId; erasedAt: Date },
  ): Promise<{ accounts: string[]; entries: number }> {
    // No commit of the same accounts through another connection is under way: its entries would go with the account.
    await lockAccounts(tx, holderId, await this.identitiesOf(tx, connectionId));
    const touched = await tx.accountSource.findMany({ where: { connectionId }, select: { accountId: true } });
    await tx.erasedConnection.createMany({ data: [{ connectionId, erasedAt }], skipDuplicates: true });
    await tx.committedRun.deleteMany({ where: { connectionId } });
    await tx.statement.deleteMany({ where: { connectionId } });
    // An account that lost entries does not add up any more: its state is unknown until it is read again.
    const [gone] = await tx.$queryRaw<{ count: bigint }[]>`WITH gone AS (DELETE FROM transactions t USING transaction_sources s
        WHERE s.transaction_id = t.transaction_id AND s.connection_id = ${connectionId}
          AND NOT EXISTS (SELECT 1 FROM transaction_sources o WHERE o.transaction_id = t.transaction_id AND o.connection_id <> ${connectionId})
        RETURNING t.account_id),
      reset AS (UPDATE accounts SET reconciliation = 'unknown', reconciliation_delta = NULL, proven_from = NULL, proven_to = NULL,
          proven_opening = NULL, proven_closing = NULL
        WHERE account_id IN (SELECT account_id FROM gone))
      SELECT count(*) AS count FROM gone`;
    const accounts = await tx.$queryRaw<{ account_id: string }[]>`DELETE FROM accounts a USING account_sources s
      WHERE s.account_id = a.account_id AND s.connection_id = ${connectionId}
        AND NOT EXISTS (SELECT 1 FROM account_sources o WHERE o.account_id = a.account_id AND o.connection_id <> ${connectionId})
      RETURNING a.account_id`;
    await tx.transactionSource.deleteMany({ where: { connectionId } });
    await tx.accountSource.deleteMany({ where: { connectionId } });
    await this.closeUnlisted(
      tx,
      touched.map((source) => source.accountId),
    );
    return { accounts: accounts.map((row) => row.account_id), entries: Number(gone?.count ?? 0) };
  }
}
