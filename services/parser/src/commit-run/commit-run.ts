import { AccountId, bankDayOf, type ConnectionId, commitRun, type In, type Out, type RunId, TransactionId } from '@enishi/contracts';
import { failure } from '@enishi/errors';
import { Inject, Injectable } from '@nestjs/common';
import { Database, lockAccounts, lockName, type Tx } from '../database.store.js';
import { events } from '../events.js';
import { LedgerStore, type Units } from '../ledger.store.js';
import { type PageOfRun, PageStore } from '../page.store.js';
import { PLATFORM_KEYS, type PlatformKeys } from '../platform-keys.js';
import type { StagedTransaction } from '../read-page/staged-page.js';
import { atScale, formatMoney, type Money } from '../read-statement/money.js';
import { accountIdentity } from './account-identity.js';
import { type AssembledAccount, assembleRun, toMoney } from './assemble-run.js';
import { matchTransactions } from './match-transactions.js';

type Answer = Out<typeof commitRun>;
/** Postgres' bigint; no bank books more. */
const MAX_UNITS = 2n ** 63n - 1n;
/** Below the contract's time, so that whoever waits learns the outcome. */
const COMMIT_LIMIT_MS = 14_000;

/**
 * A5: all that a finished run has read becomes the ledger's, in one transaction, or nothing does. Dying anywhere in
 * here, nothing has happened; dying after the commit, the next ask is answered from the stored answer.
 */
@Injectable()
export class CommitRun {
  constructor(
    private readonly database: Database,
    private readonly pages: PageStore,
    private readonly ledger: LedgerStore,
    @Inject(PLATFORM_KEYS) private readonly keys: Pick<PlatformKeys, 'identityKey'>,
  ) {}

  async run(input: In<typeof commitRun>): Promise<Answer> {
    const { runId, connectionId, holderId } = input;
    const { answer, again } = await this.database.transaction(async (tx) => {
      await lockName(tx, 'connection', connectionId);
      // Two asks for one run: the second waits here, and then finds the answer of the first.
      await lockName(tx, 'run', runId);
      const known = await this.ledger.committed(tx, runId);
      if (known !== null) return { answer: commitRun.output.parse(known), again: true };
      const read = await this.pages.ofRun(tx, runId);
      const foreign = read.some((page) => page.holderId !== holderId || page.connectionId !== connectionId);
      if (read.length === 0 || foreign || (await this.ledger.isErased(tx, connectionId)))
        throw failure(commitRun, 'run_unknown', 'Nothing is known of this run.');
      const fresh = await this.store(tx, input, read);
      await this.ledger.rememberCommit(tx, input, fresh);
      await this.pages.dropStaged(tx, runId);
      return { answer: fresh, again: false };
    }, COMMIT_LIMIT_MS);
    if (again) events.commitAgain({ runId });
    else events.runCommitted({ runId, connectionId }, answer.accounts);
    return answer;
  }

  private async store(tx: Tx, { runId, connectionId, holderId }: In<typeof commitRun>, read: PageOfRun[]): Promise<Answer> {
    const { accounts, missing } = assembleRun(read);
    if (accounts.some((account) => !fits(account))) missing.push('an amount is larger than any that a bank books');
    const [first] = read;
    if (missing.length > 0 || !first) {
      events.runIncomplete({ runId }, missing);
      throw failure(commitRun, 'run_incomplete', `What the run has read is not complete: ${missing.slice(0, 10).join('; ')}.`);
    }
    const { institution, currency } = first;
    const opened = accounts.map((account) => ({
      account,
      identity: accountIdentity(this.keys.identityKey, { ...account, institution: institution.code }),
    }));
    const identities = opened.map((one) => one.identity);
    await lockAccounts(tx, holderId, identities);
    const answer: Answer = { accounts: [] };
    for (const { account, identity } of opened) {
      const { branch, branchName, type, number } = account;
      const facts = {
        identity,
        institutionCode: institution.code,
        institutionName: institution.name,
        branchCode: branch,
        branchName,
        type,
        number,
        currency,
      };
      const { accountId } = await this.ledger.openAccount(tx, holderId, facts, AccountId.generate());
      const added = await this.addEntries(tx, connectionId, accountId, account.transactions, currency);
      answer.accounts.push(await this.saveStatement(tx, { runId, connectionId, accountId: accountId as AccountId }, account, added));
    }
    return answer;
  }

  private async addEntries(tx: Tx, connectionId: ConnectionId, accountId: string, entries: readonly StagedTransaction[], currency: string) {
    const days = entries.map((entry) => entry.date).toSorted();
    const [from, to] = [days[0], days.at(-1)];
    const stored = from && to ? await this.ledger.entriesBetween(tx, accountId, from, to) : [];
    const { add, again } = matchTransactions(entries, stored, currency);
    const fresh = add.map(({ entry, fingerprint, occurrence }) => ({
      transactionId: TransactionId.generate(),
      fingerprint,
      occurrence,
      date: entry.date,
      valueDate: entry.valueDate,
      amount: toMoney(entry.amount),
      currency,
      description: entry.description,
      counterparty: entry.counterparty,
      balance: entry.balance && toMoney(entry.balance),
      bankId: entry.bankId,
    }));
    await this.ledger.addEntries(tx, accountId, fresh);
    await this.ledger.noteSources(tx, connectionId, accountId, [...again, ...fresh.map((entry) => entry.transactionId)]);
    return fresh.length;
  }

  private async saveStatement(
    tx: Tx,
    key: { runId: RunId; connectionId: ConnectionId; accountId: AccountId },
    { transactions, opening, closing, reconciliation: { state, delta }, balance }: AssembledAccount,
    added: number,
  ): Promise<Answer['accounts'][number]> {
    const scale = Math.max(opening?.scale ?? 0, closing?.scale ?? 0, delta?.scale ?? 0);
    const units = (money: Money | null) => money && atScale(money, scale).minor;
    await this.ledger.saveStatement(tx, key, {
      read: transactions.length,
      added,
      opening: units(opening),
      closing: units(closing),
      scale,
      state,
      delta: units(delta),
    });
    if (balance) await this.ledger.saveBalance(tx, key.accountId, toMoney(balance.amount), balance.asOf ?? bankDayOf(new Date()));
    return { accountId: key.accountId, read: transactions.length, added, reconciliation: { state, delta: delta && formatMoney(delta) } };
  }
}

function fits({ transactions, balance, opening, closing }: AssembledAccount): boolean {
  const small = (money: Units | null) => money === null || (money.minor <= MAX_UNITS && money.minor >= -MAX_UNITS);
  return (
    transactions.every((entry) => small(toMoney(entry.amount)) && small(entry.balance && toMoney(entry.balance))) &&
    small(balance && toMoney(balance.amount)) &&
    small(opening) &&
    small(closing)
  );
}
