/** What happens in this service, one function per fact: a line in the log (ids) and a count (names only). */
import { Cause, RunState } from '@enishi/contracts';
import { counter, createLogger, gauge, histogram } from '@enishi/telemetry';

const runsStarted = counter({ name: 'enishi_runs_started', help: 'Runs started' });
const runsEnded = counter({ name: 'enishi_runs_ended', help: 'Runs ended, by outcome and cause', labels: ['outcome', 'cause'] });
// A series that appears with its first event hides that event from `rate`: all exist from the start.
runsEnded.add({ outcome: 'finished', cause: 'none' }, 0);
for (const cause of Cause.options) runsEnded.add({ outcome: 'failed', cause }, 0);
const runSeconds = histogram({
  name: 'enishi_run_duration_seconds',
  help: 'Time of a run from start to end',
  labels: ['outcome'],
  buckets: [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800],
});
const stepSeconds = histogram({
  name: 'enishi_run_step_seconds',
  help: 'Time from an order to its page, by connector',
  labels: ['connector'],
  buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
});
const waitSeconds = histogram({
  name: 'enishi_run_wait_seconds',
  help: 'Time that a run waited for someone else',
  labels: ['for'],
  buckets: [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 6, 10, 15],
});
const deliveries = counter({ name: 'enishi_order_deliveries', help: 'Tries to deliver an order', labels: ['outcome'] });
const enrolments = counter({ name: 'enishi_enrolments', help: 'Tries to enrol a terminal', labels: ['outcome'] });
const sessions = counter({ name: 'enishi_sessions_opened', help: 'Tries to open a session', labels: ['outcome'] });
const leasesLost = counter({ name: 'enishi_run_leases_lost', help: 'Drivers that found their run taken over' });
const sweepFailures = counter({ name: 'enishi_run_sweep_failures', help: 'Sweeps that failed, for example because Postgres was away' });
const runsStuck = gauge({
  name: 'enishi_runs_stuck',
  help: 'Runs that should have ended or moved on by now: past their time, due without a driver, or long at their commit',
  labels: ['state'],
});
const OPEN_STATES = RunState.options.filter((state) => state !== 'finished' && state !== 'failed');
for (const state of OPEN_STATES) runsStuck.set({ state }, 0);

const log = createLogger('command-dispatcher');
type DeliveryOutcome = 'taken' | 'terminal_away' | 'not_told' | 'refused';

export const events = {
  keysChanged: () => log.info('the keys of orders were read again'),
  keysRefused: (err: unknown) => log.error({ err }, 'the new keys cannot be used; those before stay in force'),
  codeCreated: (ids: { codeId: string }) => log.info(ids, 'an enrolment code was made'),
  terminalEnrolled: (ids: { terminalId: string; codeId: string; again: boolean; macVersion: number }) => {
    enrolments.add({ outcome: 'enrolled' });
    log.info(ids, 'a terminal was enrolled');
  },
  enrolmentRefused: (ids: { codeId: string; reason: string; burnt: boolean }) => {
    enrolments.add({ outcome: ids.reason });
    log.warn(ids, 'an enrolment was refused');
  },
  sessionOpened: (ids: { terminalId: string; sessionId: string; replaced: boolean; clockAheadSeconds: number }) => {
    sessions.add({ outcome: 'opened' });
    log.info(ids, 'a session was opened');
  },
  sessionRefused: (ids: { terminalId?: string; reason: string }) => {
    sessions.add({ outcome: ids.reason });
    log.warn(ids, 'a session was refused');
  },
  terminalRevoked: (ids: { terminalId: string }) => log.info(ids, 'a terminal was revoked'),
  connectionCreated: (ids: { connectionId: string; connectorId: string }) => log.info(ids, 'a connection was made'),
  connectionErased: (ids: { connectionId: string }) => log.info(ids, 'a connection was erased'),
  connectionStopped: (ids: { connectionId: string; cause: Cause }) => log.warn(ids, 'a connection was stopped'),
  connectionResumed: (ids: { connectionId: string }) => log.info(ids, 'a connection may go on: its secrets were changed'),
  runStarted: (ids: { runId: string; connectionId: string }) => {
    runsStarted.add({});
    log.info(ids, 'a run was started');
  },
  orderIssued: (ids: { runId: string; orderId: string; step: number; request: string; again: boolean }) =>
    log.info(ids, 'an order was issued'),
  orderDelivered: (ids: { runId: string; orderId: string }, outcome: DeliveryOutcome, seconds: number) => {
    deliveries.add({ outcome });
    waitSeconds.observe({ for: 'terminal-relay' }, seconds);
    log.info({ ...ids, outcome }, 'a delivery was tried');
  },
  deliveryFailed: (ids: { runId: string; orderId: string }, err: unknown) =>
    log.error({ ...ids, err }, 'an order cannot be delivered by a fault; it is tried again'),
  pageRead: (ids: { runId: string; orderId: string; page: string | null; verdict: string }, connector: string, seconds: number) => {
    stepSeconds.observe({ connector }, seconds);
    log.info(ids, 'an answer was read');
  },
  commitAnswered: (ids: { runId: string; code: string | null }, seconds: number) => {
    waitSeconds.observe({ for: 'parser' }, seconds);
    if (ids.code === null) log.info(ids, 'a run was committed');
    else log.warn(ids, 'a run could not be committed yet');
  },
  runEnded: (ids: { runId: string; outcome: 'finished' | 'failed'; cause: Cause | null; detail: string | null }, seconds: number) => {
    runsEnded.add({ outcome: ids.outcome, cause: ids.cause ?? 'none' });
    runSeconds.observe({ outcome: ids.outcome }, seconds);
    log.info(ids, 'a run ended');
  },
  /** By state; a state that is not named has none. */
  runsStuck: (counts: ReadonlyMap<string, number>) => {
    for (const state of OPEN_STATES) runsStuck.set({ state }, counts.get(state) ?? 0);
    if (counts.size > 0) log.warn({ states: Object.fromEntries(counts) }, 'runs are stuck');
  },
  leaseLost: (ids: { runId: string }) => {
    leasesLost.add({});
    log.info(ids, 'a run was taken over');
  },
  drivingFailed: (ids: { runId: string }, err: unknown) => log.error({ ...ids, err }, 'a step of a run failed'),
  sweepFailed: (err: unknown) => {
    sweepFailures.add({});
    log.warn({ err }, 'runs cannot be looked for now');
  },
};
