import type { Logger } from '@enishi/telemetry';

/** One row that was tried; `error` when it did not go. */
export interface Tried {
  id: string;
  subject: string;
  error?: unknown;
}

interface Wait {
  tries: number;
  until: number;
}

const SUBJECT_FIRST_WAIT_MS = 100;
const ROW_MAX_WAIT_MS = 60_000;

/**
 * What of an outbox waits after a failure, and until when, so that it does not fill every batch before the others.
 * When the bus takes no row of a subject, the subject waits: its stream is not there, or the bus is away (then each
 * subject finds that out). When it takes some, or the row itself is at fault, that row waits. Of this process only:
 * after a start everything is tried anew.
 */
export class OutboxWaits {
  readonly #subjects = new Map<string, Wait>();
  readonly #rows = new Map<string, Wait & { subject: string; told: boolean }>();

  constructor(
    private readonly options: { retryRowMs: number; retrySubjectMs: number },
    private readonly log: Logger | undefined,
  ) {}

  waiting(): { rows: string[]; subjects: string[] } {
    const now = performance.now();
    // Long due and not seen again: another process has published it.
    for (const [id, { until }] of this.#rows) if (until + ROW_MAX_WAIT_MS < now) this.#rows.delete(id);
    const ids = (waits: Map<string, Wait>) => [...waits].filter(([, { until }]) => until > now).map(([id]) => id);
    return { rows: ids(this.#rows), subjects: ids(this.#subjects) };
  }

  /** Time until the first of the waiting subjects may be tried; Infinity when none waits. */
  shortestMs(): number {
    const now = performance.now();
    return Math.min(...[...this.#subjects.values()].map(({ until }) => until - now).filter((ms) => ms > 0));
  }

  /** Takes in how the rows of a batch went; gives what was at fault, once for each that failed. */
  note(batch: readonly Tried[]): ('bus' | 'row')[] {
    const faults: ('bus' | 'row')[] = [];
    for (const [subject, rows] of Map.groupBy(batch, (row) => row.subject)) {
      const gone = rows.filter((row) => !('error' in row));
      for (const { id } of gone) this.#rows.delete(id);
      if (gone.length > 0) this.#goesAgain(subject);
      for (const row of rows.filter((each) => 'error' in each)) {
        const busy = (row.error as { kind?: unknown } | null)?.kind === 'busy';
        faults.push(busy ? 'bus' : 'row');
        if (!busy || gone.length > 0) this.#rowWaits(row, busy);
      }
      const away = rows.find(({ error }) => (error as { kind?: unknown } | null | undefined)?.kind === 'busy');
      if (away !== undefined && gone.length === 0) this.#subjectWaits(away);
    }
    return faults;
  }

  #goesAgain(subject: string): void {
    if (this.#subjects.delete(subject)) this.log?.info({ subject }, 'events are published again');
  }

  #subjectWaits({ subject, error }: Tried): void {
    const tries = (this.#subjects.get(subject)?.tries ?? 0) + 1;
    if (tries === 1) this.log?.warn({ subject, err: error }, 'events cannot be published; they wait in the outbox');
    const waitMs = Math.min(SUBJECT_FIRST_WAIT_MS * 2 ** (tries - 1), this.options.retrySubjectMs);
    this.#subjects.set(subject, { tries, until: performance.now() + waitMs });
  }

  #rowWaits({ id, subject, error }: Tried, busy: boolean): void {
    const tries = (this.#rows.get(id)?.tries ?? 0) + 1;
    // Busy once is what a batch sees while the bus goes or comes: the next try tells whether it is this row.
    const known = [...this.#rows.values()].some((row) => row.subject === subject && row.told);
    if (!known && (!busy || tries > 1))
      this.log?.error({ subject, eventId: id, err: error }, 'an event cannot be published; it waits in the outbox, others go on');
    const waitMs = Math.min(this.options.retryRowMs * 2 ** (tries - 1), ROW_MAX_WAIT_MS);
    this.#rows.set(id, { tries, subject, told: known || !busy || tries > 1, until: performance.now() + waitMs });
  }
}
