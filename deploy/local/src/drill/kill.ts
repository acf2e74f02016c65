/**
 * kill -9 of each process in turn while the first run of a new connection is under way. After the restart the run must
 * finish, and have stored exactly the bank's ledger; only a PC that dies in the middle of its login may end it, with
 * OUTCOME_UNKNOWN and nothing stored. The login of a run is never sent twice.
 */
import {
  type ConnectionId,
  eraseConnection,
  listAccounts,
  type RunProgress,
  SERVICES,
  setAccess,
  type TerminalId,
} from '@enishi/contracts';
import { readTransactions } from '../demo/aggregation.js';
import { askTruth, loginsOf } from '../demo/bank-truth.js';
import { HANAKO, Holder } from '../demo/holder.js';
import { ExpectedFailure } from '../expected-failure.js';
import type { Platform } from '../platform/platform.js';
import { withPlatform } from '../verbs/demo.js';

/** Every process of the platform and the user's PC. The bank is somebody else's. */
export const TARGETS = [...SERVICES, 'terminal-agent', 'nats-server', 'postgres'] as const;
type Target = (typeof TARGETS)[number];

export interface KillReport {
  readonly target: Target;
  /** Position in the run's journal at which the process was killed. */
  readonly atSeq: number;
  readonly outcome: 'finished' | 'failed';
  readonly cause: string | null;
  readonly logins: number;
  readonly millis: number;
}

/** mulberry32: a small seeded generator; the same seed kills at the same points. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const DEFAULT_COUNT = 24;
const FORGOTTEN_WITHIN_MS = 30_000;
/** The client by which the drill reads what was stored. */
const AUDITOR = 'auditor';

export async function kill({ seed, count = DEFAULT_COUNT }: { seed: number; count?: number }): Promise<void> {
  await withPlatform('drill-kill', async (platform) => {
    const prepared = await prepare(platform);
    process.stdout.write(`kill -9, ${count} runs, seed ${seed}; a run has ${prepared.journalLength} journal entries\n`);
    const random = seeded(seed);
    const reports: KillReport[] = [];
    for (let index = 0; index < count; index += 1) {
      const target = TARGETS[index % TARGETS.length] as Target;
      const atSeq = 1 + Math.floor(random() * (prepared.journalLength - 1));
      const report = await killDuringRun(platform, prepared, target, atSeq);
      reports.push(report);
      process.stdout.write(
        `  ${String(index + 1).padStart(3)}  ${target.padEnd(18)} at entry ${String(atSeq).padStart(3)}  → ${report.outcome}${report.cause ? ` (${report.cause})` : ''}, logins ${report.logins}, ${report.millis} ms\n`,
      );
    }
    const finished = reports.filter(({ outcome }) => outcome === 'finished').length;
    process.stdout.write(
      `${reports.length} runs: ${finished} finished, ${reports.length - finished} with a named cause; rows equal the ledger; no login sent twice\n`,
    );
  });
}

export interface Prepared {
  readonly holder: Holder;
  readonly terminalId: TerminalId;
  readonly journalLength: number;
}

/** A holder with an enrolled PC; a first undisturbed run tells how long a run's journal is. */
export async function prepare(platform: Platform): Promise<Prepared> {
  const holder = new Holder(platform, HANAKO.user);
  const terminalId = await holder.enrolTerminal();
  await holder.startAgent();
  const connectionId = await holder.connectBank(terminalId, HANAKO);
  const end = await holder.watchToEnd(await holder.startRun(connectionId));
  if (end.kind !== 'finished') throw new ExpectedFailure(`The undisturbed run failed: ${end.cause?.code}`);
  await rowsEqualLedger(holder);
  await forgetConnection(holder, connectionId);
  return { holder, terminalId, journalLength: end.seq };
}

/** One run with one kill, on a connection of its own: nothing was stored before it. Throws when a guarantee does not hold. */
export async function killDuringRun(
  platform: Platform,
  { holder, terminalId }: Prepared,
  target: Target,
  atSeq: number,
): Promise<KillReport> {
  const what = `${target} killed at entry ${atSeq}`;
  const connectionId = await holder.connectBank(terminalId, HANAKO);
  const loginsBefore = await loginsOf(platform.layout, HANAKO.user);
  const from = performance.now();
  const runId = await holder.startRun(connectionId);
  let killed = false;
  const end: RunProgress = await holder.watchToEnd(runId, async ({ seq }) => {
    if (killed || seq < atSeq) return;
    killed = true;
    await platform.kill(target);
  });
  const millis = Math.round(performance.now() - from);
  if (!killed) throw new ExpectedFailure(`${target}: the run ended before entry ${atSeq}`);
  await platform.settled();
  const logins = (await loginsOf(platform.layout, HANAKO.user)) - loginsBefore;
  if (logins > 1) throw new ExpectedFailure(`${what}: the login was sent ${logins} times`);
  const cause = end.kind === 'failed' ? (end.cause?.code ?? 'without a cause') : null;
  if (cause === null) await rowsEqualLedger(holder);
  else if (target === 'terminal-agent' && cause === 'OUTCOME_UNKNOWN') await nothingStored(holder);
  else throw new ExpectedFailure(`${what}: the run failed, ${cause} (${end.cause?.detail ?? 'no detail'})`);
  await forgetConnection(holder, connectionId);
  return { target, atSeq, outcome: cause === null ? 'finished' : 'failed', cause, logins, millis };
}

/** The accounts are the ledger's, with its balances, and each has each of the ledger's transactions once (a run asks for more days than the ledger has). */
export async function rowsEqualLedger(holder: Holder): Promise<void> {
  const auditor = holder.device(AUDITOR);
  await holder.api.call(setAccess, { params: { clientId: AUDITOR }, body: { accounts: 'all', since: null } });
  const [truth, { accounts }] = await Promise.all([askTruth(holder.layout, holder.name), auditor.call(listAccounts)]);
  const stored = await Promise.all(
    accounts.map(async ({ accountId, number, balance }) => ({
      number,
      balance: balance?.amount,
      transactions: await readTransactions(auditor, accountId),
    })),
  );
  const [ours, theirs] = [stored, truth.accounts].map(asLines);
  if (ours === theirs) return;
  const counts = stored.map(({ number, transactions }) => `${number}: ${transactions.length}`).join(', ');
  const expected = truth.accounts.map(({ number, transactions }) => `${number}: ${transactions.length}`).join(', ');
  throw new ExpectedFailure(`What is stored (${counts || 'nothing'}) is not the ledger (${expected}).`);
}

interface Comparable {
  readonly number: string;
  readonly balance?: string | undefined;
  readonly transactions: readonly { date: string; amount: string }[];
}

/** One line an account and a transaction, in an order of its own. */
function asLines(accounts: readonly Comparable[]): string {
  const lines = accounts.flatMap(({ number, balance, transactions }) => [
    `${number} has ${balance}`,
    ...transactions.map(({ date, amount }) => `${number} ${date} ${amount}`),
  ]);
  return lines.toSorted().join('\n');
}

async function nothingStored(holder: Holder): Promise<void> {
  const { accounts } = await holder.device(AUDITOR).call(listAccounts);
  if (accounts.length > 0) throw new ExpectedFailure(`A failed run has stored ${accounts.length} accounts.`);
}

/** Erases the connection; resolves when what came through it is gone. */
export async function forgetConnection(holder: Holder, connectionId: ConnectionId): Promise<void> {
  await holder.api.call(eraseConnection, { params: { connectionId } });
  const deadline = performance.now() + FORGOTTEN_WITHIN_MS;
  const auditor = holder.device(AUDITOR);
  while ((await auditor.call(listAccounts)).accounts.length > 0) {
    if (performance.now() > deadline) throw new ExpectedFailure('An erased connection left accounts behind.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
