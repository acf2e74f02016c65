import { Home } from '../home/home.js';
import { breakInWords, inWords } from '../journal/in-words.js';
import { readJournal } from '../journal/journal.js';
import { usageError, type ValuesOf } from './arguments.js';

/** Exit 0 when the chain of lines is whole, 1 when lines were changed or removed. */
export function log(values: ValuesOf<'log'>, say: (words: string) => void): number {
  const home = new Home(values.home);
  const last = values.last === undefined ? Number.POSITIVE_INFINITY : Number(values.last);
  if (!(last >= 1)) throw usageError('--last must be a number from 1', '--last');
  const { lines, breaks } = readJournal(home.journalFolder);
  for (const line of Number.isFinite(last) ? lines.slice(-last) : lines) say(inWords(line));
  if (lines.length === 0) say('nothing yet');
  for (const chainBreak of breaks) say(breakInWords(chainBreak));
  return breaks.length === 0 ? 0 : 1;
}
