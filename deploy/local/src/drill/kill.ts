/**
 * kill -9 of each process in turn while a run is under way. After the restart the run must end, finished or with a
 * named cause; a finished one has stored exactly the bank's ledger, a failed one nothing; the login of a run was
 * never sent twice.
 */
import { type ConnectionId, listAccounts, type RunProgress, SERVICES, setAccess } from '@enishi/contracts';
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
  readonly connectionId: ConnectionId;
  readonly journalLength: number;
}

/** A holder with an enrolled PC and a first undisturbed run, which tells how long a run's journal is. */
export async function prepare(platform: Platform): Promise<Prepared> {
  const holder = new Holder(platform, 'hanako');
  const terminalId = await holder.enrolTerminal();
  await holder.startAgent();
  const connectionId = await holder.connectBank(terminalId, HANAKO);
  const end = await holder.watchToEnd(await holder.startRun(connectionId));
  if (end.kind !== 'finished') throw new ExpectedFailure(`The undisturbed run failed: ${end.cause?.code}`);
  return { holder, connectionId, journalLength: end.seq };
}

/** One run with one kill; throws when a guarantee does not hold. */
export async function killDuringRun(
  platform: Platform,
  { holder, connectionId }: Prepared,
  target: Target,
  atSeq: number,
): Promise<KillReport> {
  const loginsBefore = await loginsOf(platform.layout, HANAKO.user);
  const from = performance.now();
  const runId = await holder.startRun(connectionId);
  let killed = false;
  const end: RunProgress = await holder.watchToEnd(runId, async ({ seq }) => {
    if (killed || seq < atSeq) return;
    killed = true;
    await platform.kill(target);
  });
  const logins = (await loginsOf(platform.layout, HANAKO.user)) - loginsBefore;
  if (!killed) throw new ExpectedFailure(`${target}: the run ended before entry ${atSeq}`);
  if (logins > 1) throw new ExpectedFailure(`${target} killed at entry ${atSeq}: the login was sent ${logins} times`);
  if (end.kind === 'failed' && !end.cause) throw new ExpectedFailure(`${target} killed at entry ${atSeq}: the run failed without a cause`);
  await platform.settled();
  await rowsEqualLedger(holder);
  return {
    target,
    atSeq,
    outcome: end.kind === 'finished' ? 'finished' : 'failed',
    cause: end.cause?.code ?? null,
    logins,
    millis: Math.round(performance.now() - from),
  };
}

/** Each stored transaction is one of the ledger's, and each of the ledger's is stored once (a run asks for more days than the ledger has). */
export async function rowsEqualLedger(holder: Holder): Promise<void> {
  const auditor = holder.device(AUDITOR);
  await holder.api.call(setAccess, { params: { clientId: AUDITOR }, body: { accounts: 'all', since: null } });
  const truth = await askTruth(holder.layout, holder.name);
  const { accounts } = await auditor.call(listAccounts);
  for (const account of truth.accounts) {
    const ours = accounts.find(({ number }) => number === account.number);
    const stored = ours ? await readTransactions(auditor, ours.accountId) : [];
    const key = ({ date, amount }: { date: string; amount: string }) => `${date} ${amount}`;
    const expected = account.transactions.map(key).toSorted();
    const actual = stored.map(key).toSorted();
    if (JSON.stringify(actual) !== JSON.stringify(expected)) {
      throw new ExpectedFailure(
        `account ${account.number}: ${actual.length} rows stored, ${expected.length} in the ledger, and they differ`,
      );
    }
  }
}
