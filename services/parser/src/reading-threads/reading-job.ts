/** What a thread is given to read, and how it answers. Pure: a thread runs this, and so do tests. */
import type { Connector } from '@enishi/contracts';
import type { BankResponse } from '../read-page/match-page.js';
import { type Asked, type PageReading, readPage, unreadable } from '../read-page/read-page.js';

export interface ReadingJob {
  readonly connector: Connector;
  readonly asked: Asked;
  readonly response: BankResponse;
  /** Elements and attributes of an HTML page, at most. */
  readonly maxNodes: number;
}

/** JSON of what one answer gives, in characters, at most: whoever takes it must parse it, and all others wait meanwhile. */
export const MAX_OUTPUT_CHARS = 8_388_608;

/** The reading as JSON. Throws only what is a fault of the reader. */
export function readJob({ connector, asked, response, maxNodes }: ReadingJob, maxOutputChars = MAX_OUTPUT_CHARS): string {
  const reading: PageReading = readPage(connector, asked, response, maxNodes);
  const json = JSON.stringify(reading);
  if (json.length <= maxOutputChars) return json;
  return JSON.stringify(unreadable('output', `what the answer gives is longer than ${maxOutputChars} characters`));
}
