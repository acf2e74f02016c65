/** An answer that comes no later than this after the bank's own time comes at once: HTTP tells the time to the second only. */
const AT_ONCE_MS = 2_000;

/** A bank's clock is slow by this, at most; a clock that is slower tells nothing. */
const SLOW_CLOCK_MS = 300_000;

/**
 * When the bank answered: by its own clock (RFC 9110 §6.6.1) when the answer was long under way, so that a late one is not
 * taken for a new one. That clock is believed only between the order and now. Before the order (1970, the year 0000) it would
 * make every reading older than all that is stored; so it is now.
 *
 * `told`: the header `Date`, as the bank wrote it. `orderedAfter`: a moment before the order was issued.
 */
export function answeredAt(told: string | undefined, { orderedAfter, now }: { orderedAfter: Date; now: Date }): Date {
  const at = Date.parse(told ?? '');
  const believed = at >= orderedAfter.getTime() - SLOW_CLOCK_MS && at < now.getTime() - AT_ONCE_MS;
  return believed ? new Date(at) : now;
}
