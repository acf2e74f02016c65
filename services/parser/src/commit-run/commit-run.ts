import { AccountId, bankDayOf, type ConnectionId, commitRun, type In, type Out, type RunId, TransactionId } from '@enishi/contracts';
import { AppError, failure } from '@enishi/errors';
import { CONFIG } from '@enishi/service';
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config.js';
import { Database, lockAccounts, lockName, type Tx } from '../database.store.js';
import { events } from '../events.js';
import { LedgerStore, type LedgerSummary, type NewTransaction, type Units } from '../ledger.store.js';
import { type PageOfRun, PageStore } from '../page.store.js';
import { PLATFORM_KEYS, type PlatformKeys } from '../platform-keys.js';
import type { StagedTransaction } from '../read-page/staged-page.js';
import { atScale, formatMoney, type Money, moneyKey, sumOf } from '../read-statement/money.js';
import type { StatementReconciliation } from '../read-statement/statement-file.js';
import { accountIdentity, accountIdentityV1 } from './account-identity.js';
import { type AssembledAccount, assembleRun, toMoney } from './assemble-run.js';
import { extendSpan, ledgerState, spanState } from './ledger-state.js';
import { type Keyed, type MatchPlan, matchTransactions } from './match-transactions.js';
import { type Days, holds } from './proven-days.js';

type Answer = Out<typeof commitRun>;
interface Key {
  runId: RunId;
  connectionId: ConnectionId;
  accountId: AccountId;
}
/** Beside the answer, for operators. */
interface Changes {
  revised: number;
  withdrawn: number;
  closedAccounts: number;
}
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
    @Inject(CONFIG) private readonly limits: Pick<Config, 'RUN_MAX_ROWS' | 'RUN_MAX_MB'>,
  ) {}

  async run(input: In<typeof commitRun>): Promise<Answer> {
    const { runId, connectionId } = input;
    const { answer, changes } = await this.commit(input);
    if (changes) events.runCommitted({ runId, connectionId }, answer.accounts, changes);
    else events.commitAgain({ runId });
    return answer;
  }

  private async commit(input: In<typeof commitRun>): Promise<{ answer: Answer; changes: Changes | null }> {
    try {
      return await this.commitOnce(input);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'platform.rule_violated') throw error;
      // Another process, which may lock by other means during a rollout, was in here too: its commit is the one.
      const known = await this.ledger.committed(this.database.client, input.runId);
      if (known === null) throw error;
      return { answer: commitRun.output.parse(known), changes: null };
    }
  }

  private commitOnce(input: In<typeof commitRun>): Promise<{ answer: Answer; changes: Changes | null }> {
    const { runId, connectionId, holderId } = input;
    return this.database.transaction(async (tx) => {
      await lockName(tx, 'connection', connectionId);
      // Two asks for one run: the second waits here, and then finds the answer of the first.
      await lockName(tx, 'run', runId);
      const known = await this.ledger.committed(tx, runId);
      if (known !== null) return { answer: commitRun.output.parse(known), changes: null };
      await this.refuseLarge(tx, runId);
      const read = await this.pages.ofRun(tx, runId);
      const foreign = read.some((page) => page.holderId !== holderId || page.connectionId !== connectionId);
      if (read.length === 0 || foreign || (await this.ledger.isErased(tx, connectionId)))
        throw failure(commitRun, 'run_unknown', 'Nothing is known of this run.');
      const fresh = await this.store(tx, input, read);
      await this.ledger.rememberCommit(tx, input, fresh.answer);
      await this.pages.dropStaged(tx, runId);
      return fresh;
    }, COMMIT_LIMIT_MS);
  }

  /** What is parsed and matched here, everybody waits for: a run has an end before anything of it is loaded. */
  private async refuseLarge(tx: Tx, runId: RunId): Promise<void> {
    const { RUN_MAX_ROWS, RUN_MAX_MB } = this.limits;
    const { rows, bytes } = await this.pages.weightOf(tx, runId);
    if (rows > RUN_MAX_ROWS) throw this.tooLarge(runId, `${rows} rows are read, and ${RUN_MAX_ROWS} are taken`);
    if (bytes > RUN_MAX_MB * 1_048_576) throw this.tooLarge(runId, `${bytes} bytes are read, and ${RUN_MAX_MB} MiB are taken`);
  }

  private tooLarge(runId: RunId, what: string): AppError {
    events.runIncomplete({ runId }, [what]);
    return failure(commitRun, 'run_incomplete', `The run is larger than any that is stored: ${what}.`);
  }

  private async store(
    tx: Tx,
    { runId, connectionId, holderId }: In<typeof commitRun>,
    read: PageOfRun[],
  ): Promise<{ answer: Answer; changes: Changes }> {
    const { accounts, missing, listIsWhole } = assembleRun(read);
    if (accounts.some((account) => !fits(account))) missing.push('an amount is larger than any that a bank books');
    const [first] = read;
    if (missing.length > 0 || !first) {
      events.runIncomplete({ runId }, missing);
      throw failure(commitRun, 'run_incomplete', `What the run has read is not complete: ${missing.slice(0, 10).join('; ')}.`);
    }
    const { institution } = first;
    const { identityKey } = this.keys;
    const opened = accounts.map((account) => {
      const coordinates = { ...account, institution: institution.code };
      return { account, identity: accountIdentity(identityKey, coordinates), before: accountIdentityV1(identityKey, coordinates) };
    });
    const ofConnection = await this.ledger.identitiesOf(tx, connectionId);
    await lockAccounts(tx, holderId, [...new Set([...opened.flatMap(({ identity, before }) => [identity, before]), ...ofConnection])]);
    const answer: Answer = { accounts: [] };
    const changes: Changes = { revised: 0, withdrawn: 0, closedAccounts: 0 };
    /** An account whose statement was read is there too, listed or not. */
    const there = new Map<string, Date>();
    for (const { account, identity, before } of opened) {
      const { branch, branchName, type, kind, number, currency } = account;
      const facts = {
        identity,
        institutionCode: institution.code,
        institutionName: institution.name,
        branchCode: branch,
        branchName,
        type,
        kind,
        number,
        currency,
      };
      const opened = await this.ledger.openAccount(tx, holderId, facts, before, AccountId.generate());
      const accountId = opened.accountId as AccountId;
      const stored = await this.storeAccount(tx, { runId, connectionId, accountId }, account);
      answer.accounts.push(stored.answer);
      changes.revised += stored.revised;
      changes.withdrawn += stored.withdrawn;
      there.set(accountId, account.answeredAt);
    }
    const readAt = new Date(Math.min(...[...there.values()].map(Number), Date.now()));
    changes.closedAccounts = await this.ledger.noteListed(tx, connectionId, { accountIds: [...there.keys()], whole: listIsWhole, readAt });
    return { answer, changes };
  }

  /** A4, A5: what is stored of an account becomes what the bank has told, and its state is that of what is stored. */
  private async storeAccount(
    tx: Tx,
    key: Key,
    account: AssembledAccount,
  ): Promise<Pick<Changes, 'revised' | 'withdrawn'> & { answer: Answer['accounts'][number] }> {
    const { accountId } = key;
    const { transactions, opening, closing, balance, proven, answeredAt } = account;
    const later = await this.ledger.daysReadAfter(tx, accountId, answeredAt);
    const readLater = (day: string) => later.some((days) => holds(days, day));
    const before = await this.ledger.summaryOf(tx, accountId);
    const plan = await this.match(tx, key, account, readLater);
    await this.apply(tx, key, plan, {
      currency: account.currency,
      span: before.span,
      printsBalances: transactions.some((entry) => entry.balance !== null),
    });
    const { span } = account;
    // What does not add up by itself does not become right by a later reading: some of its entries may be stored now.
    const overtaken =
      account.reconciliation.state !== 'mismatch' && later.some((days) => span === null || (days.from <= span.to && days.to >= span.from));
    const state = overtaken ? await this.stateAfterLater(tx, accountId, before) : await this.stateOf(tx, accountId, account, before);
    const scale = Math.max(opening?.scale ?? 0, closing?.scale ?? 0, state.delta?.scale ?? 0);
    const units = (money: Money | null) => money && inUnits(money, scale);
    const counts = { read: transactions.length, added: plan.add.length };
    const changes = { revised: plan.revise.filter((entry) => entry.told).length, withdrawn: plan.withdraw.length };
    await this.ledger.saveStatement(tx, key, {
      ...counts,
      ...changes,
      proven,
      readAt: answeredAt,
      opening: units(opening),
      closing: units(closing),
      scale,
      state: state.state,
      delta: units(state.delta),
    });
    if (balance) await this.ledger.saveBalance(tx, accountId, toMoney(balance.amount), balance.asOf ?? bankDayOf(answeredAt), answeredAt);
    const reconciliation = { state: state.state, delta: state.delta && formatMoney(state.delta) };
    return { answer: { accountId, ...counts, reconciliation }, ...changes };
  }

  /** Days that a later reading has proved are left alone, in what was read as in what is stored. */
  private async match(
    tx: Tx,
    { runId, accountId }: Key,
    { transactions, span, proven, channel, currency }: AssembledAccount,
    readLater: (day: string) => boolean,
  ): Promise<MatchPlan<StagedTransaction>> {
    const most = 2 * this.limits.RUN_MAX_ROWS;
    const { count } = span ? await this.ledger.totalOf(tx, accountId, span) : { count: 0 };
    if (count > most) throw this.tooLarge(runId, `${count} entries are stored of its days, and ${most} are compared`);
    const stored = span ? await this.ledger.entriesBetween(tx, accountId, span) : [];
    return matchTransactions({
      read: transactions.filter((entry) => !readLater(entry.date)),
      stored: stored.filter((entry) => !readLater(entry.date)),
      currency,
      channel,
      isWhole: (day) => holds(proven, day),
    });
  }

  private async apply(
    tx: Tx,
    { runId, connectionId, accountId }: Key,
    plan: MatchPlan<StagedTransaction>,
    { currency, span, printsBalances }: { currency: string; span: Days | null; printsBalances: boolean },
  ): Promise<void> {
    const row = ({ entry, channel, fingerprint, occurrence }: Keyed<StagedTransaction>, transactionId: string): NewTransaction => ({
      transactionId,
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
      channel,
    });
    const fresh = plan.add.map((one) => row(one, TransactionId.generate()));
    const revised = plan.revise.map((one) => ({ ...row(one, one.transactionId), told: one.told }));
    await this.ledger.reviseEntries(tx, runId, revised);
    await this.ledger.withdrawEntries(
      tx,
      plan.withdraw.map((entry) => entry.transactionId),
    );
    await this.ledger.addEntries(tx, accountId, fresh);
    const ids = [...plan.same, ...revised.map((entry) => entry.transactionId), ...fresh.map((entry) => entry.transactionId)];
    await this.ledger.noteSources(tx, connectionId, accountId, ids);
    const changed = firstChange(plan, span);
    if (changed) await this.ledger.dropBalances(tx, accountId, changed, printsBalances ? ids : []);
  }

  private async stateOf(tx: Tx, accountId: string, account: AssembledAccount, before: LedgerSummary): Promise<StatementReconciliation> {
    const { span, proven, opening, closing, reconciliation, transactions } = account;
    if (reconciliation.state === 'mismatch') return reconciliation;
    // Nothing was read of it but its balance: what is stored is as it was. A list without a day is no word on what is stored.
    if (!span) return account.wasRead ? { state: 'unknown', delta: null } : this.stateAfterLater(tx, accountId, before);
    const now = opening && closing ? extendSpan(before.span, { ...span, opening, closing }) : null;
    const facts = {
      reading: reconciliation,
      read: { count: transactions.length, sum: sumOf(transactions.map((entry) => toMoney(entry.amount))) },
      stored: await this.ledger.totalOf(tx, accountId, span),
      mayBeCut: !holds(proven, span.from) || !holds(proven, span.to),
      span: now,
      spanSum: now ? (await this.ledger.totalOf(tx, accountId, now)).sum : sumOf([]),
    };
    const state = ledgerState(facts);
    if (now && state.state !== 'unknown') {
      const scale = Math.max(now.opening.scale, now.closing.scale);
      await this.ledger.saveSpan(tx, accountId, now, { opening: inUnits(now.opening, scale), closing: inUnits(now.closing, scale), scale });
    }
    return state;
  }

  /** A reading that a later one has overtaken does not decide; what it added must still add up. */
  private async stateAfterLater(
    tx: Tx,
    accountId: string,
    { reconciliation, delta, span }: LedgerSummary,
  ): Promise<StatementReconciliation> {
    if (reconciliation !== 'reconciled') return { state: reconciliation, delta };
    return span ? spanState(span, (await this.ledger.totalOf(tx, accountId, span)).sum) : { state: 'unknown', delta: null };
  }
}

/** The first day whose balances a correction has made untrue; null: none. An entry that is new between proven days was booked late. */
function firstChange({ add, revise, withdraw }: MatchPlan<StagedTransaction>, span: Days | null): string | null {
  const days = [
    ...withdraw.map((entry) => entry.date),
    ...revise.flatMap(({ before, entry }) =>
      before.withdrawn || before.date !== entry.date || moneyKey(toMoney(before.amount)) !== moneyKey(toMoney(entry.amount))
        ? [before.date, entry.date]
        : [],
    ),
    ...add.flatMap(({ entry }) => (holds(span, entry.date) ? [entry.date] : [])),
  ];
  return days.toSorted()[0] ?? null;
}

/** A sum of amounts that fit need not fit itself: the run is refused with a cause, not tried for ever. */
function inUnits(money: Money, scale: number): bigint {
  const { minor } = atScale(money, scale);
  if (minor <= MAX_UNITS && minor >= -MAX_UNITS) return minor;
  throw failure(commitRun, 'run_incomplete', 'What the run has read is not complete: a sum is larger than any that a bank books.');
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
