/** What a thread is given to read, and how it answers. Pure: a thread runs this, and so do tests. */
import type { Connector } from '@enishi/contracts';
import type { BankResponse } from '../read-page/match-page.js';
import { type Asked, type PageReading, readPage, unreadable } from '../read-page/read-page.js';
import { storableReading } from '../read-page/storable-reading.js';

export interface ReadingJob {
  readonly connector: Connector;
  readonly asked: Asked;
  readonly response: BankResponse;
  /** Elements and attributes of an HTML page, at most. */
  readonly maxNodes: number;
}

/** What was read of one answer, as others take it in: what is for the ledger is JSON already, and passes them unopened. */
export interface ReadAnswer extends Omit<PageReading, 'staged'> {
  /** JSON of a StagedPage. */
  readonly staged: string | null;
}

/** Characters of `staged`, at most: about 18,000 entries. */
export const MAX_STAGED_CHARS = 4_194_304;
/** Characters of all else as JSON, at most: whoever takes it in looks at each, and all others wait meanwhile. */
export const MAX_TOLD_CHARS = 524_288;

/** Throws only what is a fault of the reader. */
export function readJob(
  { connector, asked, response, maxNodes }: ReadingJob,
  { maxStagedChars = MAX_STAGED_CHARS, maxToldChars = MAX_TOLD_CHARS } = {},
): ReadAnswer {
  const { staged, ...told } = storableReading(readPage(connector, asked, response, maxNodes));
  const json = staged && JSON.stringify(staged);
  const tooLong = (what: string, limit: number) => ({
    ...unreadable('output', `${what} is longer than ${limit} characters`),
    staged: null,
  });
  if (json && json.length > maxStagedChars) return tooLong('what the answer gives to the ledger', maxStagedChars);
  if (JSON.stringify(told).length > maxToldChars) return tooLong('what the answer tells', maxToldChars);
  return { ...told, staged: json };
}
