/** Accounts, their entries and statements. */
import type { AccountId, ConnectionId, HolderId, RunId } from '@enishi/contracts';
import { Injectable } from '@nestjs/common';
import type { StoredEntry } from './commit-run/match-transactions.js';
import { dayToDate, lockAccounts, type Tx } from './database.store.js';
import type { Account, Transaction } from './generated/prisma/client.js';

export interface AccountFacts {
  identity: string;
  institutionCode: string;
  institutionName: string;
  branchCode: string;
  branchName: string | null;
  type: string;
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
}
export interface StatementFacts {
  read: number;
  added: number;
  opening: bigint | null;
  closing: bigint | null;
  scale: number;
  state: string;
  delta: bigint | null;
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

  /** The holder's account with this identity: found, or made under `accountId`. The caller holds the account's lock. */
  async openAccount(tx: Tx, holderId: HolderId, facts: AccountFacts, accountId: AccountId): Promise<Account> {
    return tx.account.upsert({
      where: { holderId_identity: { holderId, identity: facts.identity } },
      create: { ...facts, accountId, holderId, lastAggregatedAt: new Date() },
      update: { institutionName: facts.institutionName, ...(facts.branchName === null ? {} : { branchName: facts.branchName }) },
    });
  }

  /** All entries between these days, both included. */
  async entriesBetween(tx: Tx, accountId: string, from: string, to: string): Promise<StoredEntry[]> {
    return tx.transaction.findMany({
      where: { accountId, date: { gte: dayToDate(from), lte: dayToDate(to) } },
      select: { transactionId: true, fingerprint: true, occurrence: true },
    });
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
         balance, balance_scale, bank_id)
      SELECT "transactionId", ${accountId}, fingerprint, occurrence, date, "valueDate", amount, scale, currency, description, counterparty,
         balance, "balanceScale", "bankId"
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS entry
        ("transactionId" text, fingerprint text, occurrence int, date date, "valueDate" date, amount bigint, scale int, currency text,
         description text, counterparty text, balance bigint, "balanceScale" int, "bankId" text, position int)
      ORDER BY position`;
  }

  async noteSources(tx: Tx, connectionId: ConnectionId, accountId: string, transactionIds: readonly string[]): Promise<void> {
    await tx.$executeRaw`INSERT INTO account_sources (account_id, connection_id) VALUES (${accountId}, ${connectionId}) ON CONFLICT DO NOTHING`;
    await tx.$executeRaw`INSERT INTO transaction_sources (transaction_id, connection_id)
      SELECT id, ${connectionId} FROM unnest(${[...transactionIds]}::text[]) AS id ON CONFLICT DO NOTHING`;
  }

  async saveStatement(tx: Tx, key: { runId: RunId; accountId: string; connectionId: ConnectionId }, facts: StatementFacts): Promise<void> {
    await tx.statement.create({ data: { ...key, ...facts } });
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

  /** An older balance never replaces a newer one. */
  async saveBalance(tx: Tx, accountId: string, balance: Units, asOf: string): Promise<void> {
    await tx.account.updateMany({
      where: { accountId, OR: [{ balanceAsOf: null }, { balanceAsOf: { lte: dayToDate(asOf) } }] },
      data: { balance: balance.minor, balanceScale: balance.scale, balanceAsOf: dayToDate(asOf) },
    });
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

  /** Newest first. Days are included; null: no bound. */
  async entriesOf(
    tx: Tx,
    accountId: string,
    { from, to, after, limit }: { from: string | null; to: string | null; after: Place | null; limit: number },
  ): Promise<Transaction[]> {
    return tx.transaction.findMany({
      where: {
        accountId,
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
    const touched = await tx.account.findMany({ where: { sources: { some: { connectionId } } }, select: { identity: true } });
    await lockAccounts(
      tx,
      holderId,
      touched.map((account) => account.identity),
    );
    await tx.erasedConnection.createMany({ data: [{ connectionId, erasedAt }], skipDuplicates: true });
    await tx.committedRun.deleteMany({ where: { connectionId } });
    await tx.statement.deleteMany({ where: { connectionId } });
    const entries = await tx.$executeRaw`DELETE FROM transactions t USING transaction_sources s
      WHERE s.transaction_id = t.transaction_id AND s.connection_id = ${connectionId}
        AND NOT EXISTS (SELECT 1 FROM transaction_sources o WHERE o.transaction_id = t.transaction_id AND o.connection_id <> ${connectionId})`;
    const accounts = await tx.$queryRaw<{ account_id: string }[]>`DELETE FROM accounts a USING account_sources s
      WHERE s.account_id = a.account_id AND s.connection_id = ${connectionId}
        AND NOT EXISTS (SELECT 1 FROM account_sources o WHERE o.account_id = a.account_id AND o.connection_id <> ${connectionId})
      RETURNING a.account_id`;
    await tx.transactionSource.deleteMany({ where: { connectionId } });
    await tx.accountSource.deleteMany({ where: { connectionId } });
    return { accounts: accounts.map((row) => row.account_id), entries };
  }
}
