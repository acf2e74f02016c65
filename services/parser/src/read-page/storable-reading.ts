/** What was read of a page must be such that it can be told and stored: else each try to store it would fail anew. */
import { pageRead } from '@enishi/contracts';
import { fromZod } from '@enishi/errors';
import { type PageReading, unread } from './read-page.js';
import { StagedPage } from './staged-page.js';

const Storable = pageRead.payload.pick({ facts: true, lists: true, rows: true }).extend({ staged: StagedPage.nullable() });

/** The reading, or UNKNOWN_PAGE in its place, with the field that holds U+0000, a day that is none, or too much. (A4) */
export function storableReading(reading: PageReading): PageReading {
  const { facts, lists, rows, staged } = reading;
  const parsed = Storable.safeParse({ facts, lists, rows, staged });
  if (parsed.success) return reading;
  return { ...unread('UNKNOWN_PAGE', `what was read cannot be stored: ${fromZod(parsed.error, 'page').message}`), page: reading.page };
}
