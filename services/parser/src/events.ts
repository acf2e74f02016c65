/** What happened, once in the log and once as a number. Ids in logs, never in labels; amounts, texts and pages in neither. */
import type { Cause, PageVerdict, Reconciliation } from '@enishi/contracts';
import { counter, createLogger, gauge, histogram } from '@enishi/telemetry';
import type { z } from 'zod';
import type { EndedBy } from './read-page/read-page.js';
import type { ReadingEvents } from './reading-threads/reading-threads.js';

const log = createLogger('parser');

const pages = counter<'connector' | 'verdict' | 'cause'>({
  name: 'enishi_parser_pages',
  help: 'Answers of banks that were read.',
  labels: ['connector', 'verdict', 'cause'],
});
const refusals = counter<'why'>({ name: 'enishi_parser_results_refused', help: 'Results that were not taken.', labels: ['why'] });
const readSeconds = histogram<'connector'>({
  name: 'enishi_parser_page_read_seconds',
  help: 'Time to read one answer.',
  labels: ['connector'],
  buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3],
});
const underWay = gauge({ name: 'enishi_parser_readings_busy', help: 'Threads that read an answer.' });
const waiting = gauge({ name: 'enishi_parser_readings_waiting', help: 'Answers that wait for a thread.' });
/** by: read to its end, or the limit that ended it. */
const ended = counter<'by'>({ name: 'enishi_parser_readings_ended', help: 'Readings by what ended them.', labels: ['by'] });
const putOff = counter<'why'>({ name: 'enishi_parser_readings_put_off', help: 'Answers for which no thread was free.', labels: ['why'] });
const threadFailures = counter({ name: 'enishi_parser_reading_thread_failures', help: 'Threads that failed or could not be started.' });
const commits = counter<'outcome'>({ name: 'enishi_parser_commits', help: 'Commits of runs.', labels: ['outcome'] });
const entries = counter<'what'>({
  name: 'enishi_parser_entries',
  help: 'Entries of committed runs: read, added, revised, withdrawn.',
  labels: ['what'],
});
const statements = counter<'state'>({
  name: 'enishi_parser_statements',
  help: 'Statements by whether they add up.',
  labels: ['state'],
});
const erased = counter({ name: 'enishi_parser_connections_erased', help: 'Connections whose data were erased.' });
const swept = counter({ name: 'enishi_parser_pages_expired', help: 'Sealed answers whose time was over.' });
const sweepFailures = counter({ name: 'enishi_parser_sweep_failures', help: 'Sweeps that failed.' });

interface PageIds {
  orderId: string;
  runId: string;
  page: string | null;
  verdict: PageVerdict;
  cause: Cause | null;
  detail: string | null;
  rows: number;
}

/** What the threads tell. The answer's own line in the log names the limit, and the ids. */
const readingEvents: ReadingEvents = {
  readingsUnderWay: (busy, others) => {
    underWay.set({}, busy);
    waiting.set({}, others);
  },
  readingEnded: (by: EndedBy | 'read') => ended.add({ by }),
  readingPutOff: (why) => {
    putOff.add({ why });
    log.warn({ why }, 'an answer was not read for now');
  },
  /** A fault of the reader is no reason to lose the page: it is kept sealed, as one that nobody knows. */
  readerFailed: (err) => log.error({ err }, 'an answer broke its reader'),
  threadFailed: (err) => {
    threadFailures.add({});
    log.error({ err }, 'a reading thread failed');
  },
};

export const events = {
  ...readingEvents,
  keysChanged: () => log.info('the key of results was read again'),
  keysRefused: (err: unknown) => log.error({ err }, 'the new keys cannot be used; those before stay in force'),
  pageRead: (ids: PageIds, connector: string, seconds: number) => {
    pages.add({ connector, verdict: ids.verdict, cause: ids.cause ?? 'none' });
    readSeconds.observe({ connector }, seconds);
    log.info({ ...ids }, 'an answer was read');
  },
  resultAgain: (ids: { orderId: string }) => log.info(ids, 'a result came again'),
  resultRefused: (ids: { orderId: string; terminalId: string }, why: string) => {
    refusals.add({ why });
    log.warn({ ...ids, why }, 'a result was refused');
  },
  connectorRefused: (problem: string) => log.error({ problem }, 'a connector was refused'),
  runCommitted: (
    ids: { runId: string; connectionId: string },
    accounts: readonly { read: number; added: number; reconciliation: z.infer<typeof Reconciliation> }[],
    changes: { revised: number; withdrawn: number; closedAccounts: number },
  ) => {
    commits.add({ outcome: 'stored' });
    entries.add({ what: 'revised' }, changes.revised);
    entries.add({ what: 'withdrawn' }, changes.withdrawn);
    for (const account of accounts) {
      entries.add({ what: 'read' }, account.read);
      entries.add({ what: 'added' }, account.added);
      statements.add({ state: account.reconciliation.state });
    }
    const counts = accounts.map(({ read, added, reconciliation }) => ({ read, added, state: reconciliation.state }));
    log.info({ ...ids, accounts: counts, ...changes }, 'a run was committed');
  },
  commitAgain: (ids: { runId: string }) => {
    commits.add({ outcome: 'again' });
    log.info(ids, 'a commit was asked for again');
  },
  runIncomplete: (ids: { runId: string }, missing: readonly string[]) => {
    commits.add({ outcome: 'incomplete' });
    log.warn({ ...ids, missing }, 'a run was not complete');
  },
  runDropped: (ids: { runId: string; outcome: string }, count: number) =>
    log.info({ ...ids, pages: count }, 'what a run had staged was dropped'),
  connectionErased: (ids: { connectionId: string }, counts: { pages: number; accounts: number; entries: number }) => {
    erased.add({});
    log.info({ ...ids, ...counts }, 'a connection was erased');
  },
  accessChanged: (ids: { holderId: string; clientId: string }, what: 'everything' | 'part' | 'nothing') =>
    log.info({ ...ids, what }, 'what a client may see was changed'),
  pagesSwept: (count: number) => {
    swept.add({}, count);
    log.info({ pages: count }, 'expired answers were deleted');
  },
  sweepFailed: (err: unknown) => {
    sweepFailures.add({});
    log.warn({ err }, 'expired answers cannot be deleted now');
  },
};
