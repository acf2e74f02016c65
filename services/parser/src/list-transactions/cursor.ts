/** Where the next page of a list goes on: opaque to callers, and stable while new entries come in. */
import { Day } from '@enishi/contracts';
import type { Place } from '../ledger.store.js';

export function cursorOf({ date, seq }: Place): string {
  return Buffer.from(`v1.${date}.${seq}`).toString('base64url');
}

/** Null when it is not one of ours. */
export function placeOf(cursor: string): Place | null {
  const found = /^v1\.(\d{4}-\d{2}-\d{2})\.(\d{1,18})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
  const [, date, seq] = found ?? [];
  if (!date || !seq || !Day.safeParse(date).success || cursorOf({ date, seq: BigInt(seq) }) !== cursor) return null;
  return { date, seq: BigInt(seq) };
}
