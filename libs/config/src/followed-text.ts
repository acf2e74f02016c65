import { readFileSync, statSync } from 'node:fs';

/** A file without the text that is asked of it. The message says what is wrong, and neither path nor content. */
export class NoTextError extends Error {
  override readonly name = 'NoTextError';
}

/**
 * The text of a file without surrounding white space, read again at each call: what kubelet or an operator has put there
 * counts from the next use on, without a restart. A file that has no text now (gone, unreadable, empty, larger than
 * `maxBytes`) changes nothing: the last text stays in force.
 * @throws {NoTextError} here, when there is no text at the beginning, or the error of the file system
 */
export function followedText(file: string, { maxBytes }: { maxBytes: number }): () => string {
  let last = textOf(file, maxBytes);
  return () => {
    try {
      last = textOf(file, maxBytes);
    } catch {
      // Half of a rotation: the whole file will be there a moment later.
    }
    return last;
  };
}

function textOf(file: string, maxBytes: number): string {
  if (statSync(file).size > maxBytes) throw new NoTextError(`names a file that is larger than ${maxBytes / 1_024} KiB`);
  const text = readFileSync(file, 'utf8').trim();
  if (text === '') throw new NoTextError('names an empty file');
  return text;
}
