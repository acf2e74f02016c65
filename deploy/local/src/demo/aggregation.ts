/** The story of aggregation (A1–A7): one bank that wants a certificate, one PC that has it, one phone that has not. */

import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import {
  type AccountId,
  createEnrolmentCode,
  getRun,
  listAccounts,
  listTransactions,
  type RouteOutput,
  type RunProgress,
  setAccess,
} from '@enishi/contracts';
import type { ApiClient } from '../api-client.js';
import { Refused } from '../api-client.js';
import { ExpectedFailure } from '../expected-failure.js';
import type { Layout } from '../layout.js';
import type { Platform } from '../platform/platform.js';
import { table } from '../terminal-output.js';
import { askTruth, loginsOf, type Truth } from './bank-truth.js';
import { HANAKO, Holder } from './holder.js';

type Period = RouteOutput<typeof getRun>['period'];
const PHONE = 'phone-of-hanako';
const say = (text = '') => process.stdout.write(`${text}\n`);
const heading = (text: string) => say(`\n── ${text}`);

/** A statement of the story that must be true; the demo fails with it otherwise. */
function must(fact: boolean, otherwise: string): void {
  if (!fact) throw new ExpectedFailure(`The demo did not hold: ${otherwise}`);
}

export async function aggregation(platform: Platform): Promise<void> {
  const { layout } = platform;
  const hanako = new Holder(platform, 'hanako');

  heading('The bank admits only a PC with a client certificate');
  const refusal = await knockWithoutCertificate(layout);
  must(refusal.includes('alert'), `the bank was expected to refuse in TLS, but: ${refusal}`);
  say(`  GET https://localhost:${layout.ports.bank}/ib/login without a certificate → the bank ends the handshake: TLS ${refusal}`);

  heading('Hanako enrols the PC that holds her certificate (A9)');
  const terminalId = await hanako.enrolTerminal();
  await hanako.startAgent();
  say(`  one-time code given, keys made on the PC, bound by command-dispatcher as ${terminalId}`);
  const spent = await hanako.api.call(createEnrolmentCode, { body: { label: 'shown only' } });
  say(`  (a code looks like ${spent.code.slice(0, 18)}…, works once, until ${spent.expiresAt})`);

  heading('She connects Tsubame Bank; certificate, user id and password stay on the PC');
  const connectionId = await hanako.connectBank(terminalId, HANAKO);
  say(`  ${connectionId}`);

  heading('First run: every order and every verdict (S1–S11)');
  const { committed: first, period } = await runAndTell(hanako, connectionId);
  say(`  asked for ${period.from} to ${period.to}`);
  const truth = await askTruth(layout, 'hanako');
  heading('Second run: the same again');
  const { committed: second } = await runAndTell(hanako, connectionId, true);
  const addedTwice = (second.accounts ?? []).reduce((sum, account) => sum + account.added, 0);
  must(addedTwice === 0, `the second run added ${addedTwice} transactions again`);
  say(`  the second run added ${addedTwice} transactions; logins sent to the bank: ${await loginsOf(layout, 'hanako')} in 2 runs`);
  must((first.accounts ?? []).length === truth.accounts.length, 'the run did not read every account of the ledger');

  heading('The phone has no certificate (S12, S13)');
  const phone = hanako.device(PHONE, 'accounts:read');
  const denied = await phone.call(listAccounts).catch((error: unknown) => error);
  must(denied instanceof Refused && denied.code === 'parser.access_not_granted', 'a device that was granted nothing saw something');
  say('  before Hanako decides: 403 parser.access_not_granted');
  await hanako.api.call(setAccess, { params: { clientId: PHONE }, body: { accounts: 'all', since: null } });
  const all = await readAll(phone);
  say('  Hanako lets it see all:');
  showAccounts(all);
  compare(all, truth, period.from);

  const [chosen] = all;
  if (!chosen) throw new ExpectedFailure('The phone saw no account.');
  const since = middleDate(chosen.transactions.map((transaction) => transaction.date));
  await hanako.api.call(setAccess, { params: { clientId: PHONE }, body: { accounts: [chosen.accountId], since } });
  const part = await readAll(phone);
  must(part.length === 1 && part[0]?.accountId === chosen.accountId, 'a part was granted, but more was seen');
  must(part[0]?.transactions.every((transaction) => transaction.date >= since) ?? false, `a transaction before ${since} was seen`);
  say(
    `\n  Then only a part: account ${chosen.number}, from ${since} on: ${part[0]?.transactions.length} of ${chosen.transactions.length} transactions`,
  );

  heading('What the PC did, by its own log');
  const log = (await hanako.agentLog()).trimEnd().split('\n');
  for (const line of log.slice(-6)) say(`  ${line}`);
  say('\nAll of this was real: TLS with client certificates, NATS, Postgres, separate processes. The sums equal the bank’s ledger.');
}

async function runAndTell(
  hanako: Holder,
  connectionId: Parameters<Holder['startRun']>[0],
  brief = false,
): Promise<{ committed: RunProgress; period: Period }> {
  const runId = await hanako.startRun(connectionId);
  const told: RunProgress[] = [];
  const end = await hanako.watchToEnd(runId, (progress) => void told.push(progress));
  const committed = told.find(({ kind }) => kind === 'committed');
  if (!brief) {
    const asked = await askedByAgent(hanako);
    for (const progress of told) tell(progress, asked);
  }
  if (end.kind === 'failed')
    throw new ExpectedFailure(`The run failed: ${end.cause?.code}: ${end.cause?.text.en} (${end.cause?.detail ?? 'no detail'})`);
  if (!committed) throw new ExpectedFailure('The run finished, but its commit was not told.');
  for (const { accountId, read, added, reconciliation } of committed.accounts ?? []) {
    say(
      `  S11 stored ${accountId}: ${read} read, ${added} new, ${reconciliation.state}${reconciliation.delta === null ? '' : ` (delta ${reconciliation.delta})`}`,
    );
  }
  const { period } = await hanako.api.call(getRun, { params: { runId } });
  return { committed, period };
}

/** S1–S5 are the first order and its answer; S6–S10 are the same for all that follow (A4). */
function tell({ kind, step, request, page, verdict, rows }: RunProgress, asked: ReadonlyMap<number, string>): void {
  const [order, through, read] = step === 1 ? ['S1', 'S2–S4', 'S5'] : ['S6', 'S7–S9', 'S10'];
  if (kind === 'ordered') say(`  ${order.padEnd(5)} order ${step}: ${request}`);
  if (kind === 'read') say(`  ${through.padEnd(5)}   the PC: ${asked.get(step) ?? 'nothing in its log'}`);
  if (kind === 'read') say(`  ${read.padEnd(5)}   the answer is '${page}': ${verdict}${rows ? `, ${rows} rows` : ''}`);
  if (kind === 'terminal_away') say('         the PC is away; waiting for it');
}

/** By step, what the agent's own log says that it asked of the bank and got: `GET localhost:8443/ib/login answered 200, …`. */
async function askedByAgent(holder: Holder): Promise<Map<number, string>> {
  const lines = [...(await holder.agentLog()).matchAll(/\(step (\d+), \w+\): (.* answered .*)$/gm)];
  return new Map(lines.map(([, step, what]) => [Number(step), what ?? '']));
}

/** What TLS says to a client that has no certificate. */
export function knockWithoutCertificate(layout: Layout): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({
      host: '127.0.0.1',
      port: layout.ports.bank,
      servername: 'localhost',
      ca: readFileSync(layout.path('bank', 'ca.pem')),
    });
    // In TLS 1.3 the refusal comes after the handshake: the answer to the first request is the alert.
    socket.on('secureConnect', () => socket.write('GET /ib/login HTTP/1.1\r\nHost: localhost\r\n\r\n'));
    socket.on('data', (data) => resolve(`it answered ${data.toString('latin1').split('\r\n')[0]}`));
    // OpenSSL's message is `…:error:…:ssl/tls alert certificate required:…`; only the alert says something to people.
    socket.on('error', (error) => resolve(/alert [a-z ]+/.exec(error.message)?.[0] ?? error.message));
    socket.setTimeout(5_000, () => resolve('no answer in 5 s'));
  });
}

interface Seen {
  accountId: AccountId;
  number: string;
  type: string;
  balance: string;
  currency: string;
  transactions: { date: string; amount: string; description: string }[];
}

async function readAll(device: ApiClient): Promise<Seen[]> {
  const { accounts } = await device.call(listAccounts);
  return Promise.all(
    accounts.map(async ({ accountId, number, type, balance, currency }) => ({
      accountId,
      number,
      type,
      currency,
      balance: balance?.amount ?? 'unknown',
      transactions: await readTransactions(device, accountId),
    })),
  );
}

export async function readTransactions(device: ApiClient, accountId: AccountId): Promise<Seen['transactions']> {
  const seen: Seen['transactions'] = [];
  let cursor: string | undefined;
  do {
    const page = await device.call(listTransactions, { params: { accountId }, query: { limit: 100, cursor } });
    seen.push(...page.transactions);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return seen;
}

function showAccounts(accounts: readonly Seen[]): void {
  for (const { number, type, balance, currency, transactions } of accounts) {
    say(`\n  ${number} (${type}): ${balance} ${currency}, ${transactions.length} transactions; the latest:`);
    const rows = transactions.slice(0, 4).map(({ date, amount, description }) => [`    ${date}`, amount.padStart(10), description]);
    if (rows.length > 0) say(table(rows));
  }
}

/** The sums by account must equal the bank's own ledger, for the days that were asked. */
function compare(seen: readonly Seen[], truth: Truth, from: string): void {
  const rows = truth.accounts.map((account) => {
    const ours = seen.find((candidate) => candidate.number === account.number);
    const theirs = account.transactions.filter(({ date }) => date >= from);
    const sumOf = (list: readonly { amount: string }[]) => list.reduce((sum, { amount }) => sum + BigInt(amount), 0n).toString();
    const ourRows = ours?.transactions ?? [];
    const same = ourRows.length === theirs.length && sumOf(ourRows) === sumOf(theirs) && ours?.balance === account.balance;
    return {
      same,
      cells: [
        `    ${account.number}`,
        `${ourRows.length} / ${theirs.length}`,
        `${sumOf(ourRows)} / ${sumOf(theirs)}`,
        same ? 'equal' : 'DIFFERENT',
      ],
    };
  });
  say('\n  Beside the bank’s own ledger (ours / theirs):');
  say(table([['    account', 'transactions', 'sum', ''], ...rows.map(({ cells }) => cells)]));
  must(
    rows.every(({ same }) => same),
    'a sum or balance differs from the bank’s ledger',
  );
}

function middleDate(dates: readonly string[]): string {
  const middle = dates.toSorted()[Math.floor(dates.length / 2)];
  if (middle === undefined) throw new ExpectedFailure('The account has no transactions.');
  return middle;
}
