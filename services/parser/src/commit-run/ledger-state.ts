/** Whether what is stored of an account adds up with the balances that the bank has stated. Pure. */
import { addDays } from '../read-statement/dates.js';
import { type Money, minus, plus } from '../read-statement/money.js';
import type { StatementReconciliation } from '../read-statement/statement-file.js';
import type { Days } from './proven-days.js';

/** Days without a gap, with the stated balances before the first and after the last of them. */
export interface ProvenSpan extends Days {
  opening: Money;
  closing: Money;
}

/** What is known after a reading of `now`. Of two spans with a gap between them, the later one stays. */
export function extendSpan(before: ProvenSpan | null, now: ProvenSpan): ProvenSpan {
  if (!before || now.from > addDays(before.to, 1)) return now;
  if (now.to < addDays(before.from, -1)) return before;
  const { from, opening } = now.from <= before.from ? now : before;
  const { to, closing } = now.to >= before.to ? now : before;
  return { from, opening, to, closing };
}

export interface Total {
  count: number;
  sum: Money;
}

export interface LedgerFacts {
  /** Of the statement itself. */
  reading: StatementReconciliation;
  /** All that was read, and all that is stored (and not withdrawn) on the days of the list. */
  read: Total;
  stored: Total;
  /** Some days of the list may be cut: entries that are stored and were not read are not disproved there. */
  mayBeCut: boolean;
  /** All proven days, this reading's too; null: a balance is not in the data. */
  span: ProvenSpan | null;
  /** What is stored on the days of `span`. */
  spanSum: Money;
}

/** `reconciled` only when the stored entries are those that were read, and all proven days add up from the first balance to the last. */
export function ledgerState({ reading, read, stored, mayBeCut, span, spanSum }: LedgerFacts): StatementReconciliation {
  if (reading.state === 'mismatch') return reading;
  const missing = minus(read.sum, stored.sum);
  if (read.count !== stored.count || missing.minor !== 0n)
    return mayBeCut ? { state: 'unknown', delta: null } : { state: 'mismatch', delta: missing };
  if (!span) return { state: 'unknown', delta: null };
  return spanState(span, spanSum);
}

export function spanState(span: ProvenSpan, sum: Money): StatementReconciliation {
  const delta = minus(span.closing, plus(span.opening, sum));
  return { state: delta.minor === 0n ? 'reconciled' : 'mismatch', delta };
}
