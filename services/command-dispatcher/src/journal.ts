/** What a line of a run's journal holds, and how it is shown to the person who waits. */
import { CAUSES, Cause, PageVerdict, Reconciliation, type RunProgress, Text } from '@enishi/contracts';
import { z } from 'zod';

/** What happened, by kind. `issued_again` is for operators: the same order, to a new session or after a silence. */
export const JournalKind = z.enum([
  'started',
  'ordered',
  'issued_again',
  'delivered',
  'terminal_away',
  'read',
  'committed',
  'finished',
  'failed',
]);
export type JournalKind = z.infer<typeof JournalKind>;

/** Names, hashes and counts; nothing that the bank wrote. */
export const JournalEntry = z.strictObject({
  request: Text.optional(),
  orderId: Text.optional(),
  orderHash: Text.optional(),
  page: Text.nullable().optional(),
  verdict: PageVerdict.optional(),
  fingerprint: Text.optional(),
  rows: z.number().int().optional(),
  cause: Cause.optional(),
  detail: Text.nullable().optional(),
  accounts: z
    .array(z.strictObject({ accountId: Text, read: z.number().int(), added: z.number().int(), reconciliation: Reconciliation }))
    .optional(),
});
export type JournalEntry = z.infer<typeof JournalEntry>;

export interface StoredLine {
  readonly seq: number;
  readonly at: Date;
  readonly kind: JournalKind;
  readonly step: number;
  readonly entry: JournalEntry;
}

/** A cause as it is reported: who can mend it, whether trying again helps, and what the person is told. */
export function causeReport(cause: Cause, detail: string | null) {
  const { actor, retry, text } = CAUSES[cause];
  return { code: cause, actor, retry, text: { ...text }, detail };
}

/** The line for the person who waits; undefined for the kinds that are for operators only. */
export function progressOf({ seq, at, kind, step, entry }: StoredLine): RunProgress | undefined {
  if (kind === 'issued_again') return undefined;
  return {
    seq,
    at: at.toISOString(),
    kind,
    step,
    request: entry.request ?? null,
    page: entry.page ?? null,
    verdict: entry.verdict ?? null,
    rows: entry.rows ?? null,
    cause: entry.cause === undefined ? null : causeReport(entry.cause, entry.detail ?? null),
    accounts: entry.accounts ?? null,
  };
}
