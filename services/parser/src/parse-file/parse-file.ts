/** `./enishi parse FILE`: one statement file on this machine, read to the shape that services/parser/README.md states. */
import { readFile, stat } from 'node:fs/promises';
import { bankDayOf } from '@enishi/contracts';
import { MAX_STATEMENT_BYTES, readStatement } from '../read-statement/read-statement.js';
import { refused, type StatementFile } from '../read-statement/statement-file.js';

export interface ParseFileOptions {
  profile: string | null;
  asOf: string | null;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'the file may not be read',
  ENOTDIR: 'there is no such file',
};

/** The day on which the file was last written stands for the day it was fetched: era years are told by it. */
export async function parseFile(path: string, { profile, asOf }: ParseFileOptions): Promise<StatementFile> {
  try {
    // Asked before it is opened: opening a named pipe would wait for ever.
    const about = await stat(path);
    if (about.isDirectory()) return refused('FILE_UNREADABLE', 'it is a directory, not a file');
    if (!about.isFile()) return refused('FILE_UNREADABLE', 'it is not a plain file');
    if (about.size > MAX_STATEMENT_BYTES) return refused('FILE_TOO_LARGE', `the file is larger than ${MAX_STATEMENT_BYTES} bytes`);
    return readStatement(await readFile(path), { profile, asOf, fetchedOn: asOf ?? bankDayOf(about.mtime) });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    return refused('FILE_UNREADABLE', REASONS[code] ?? `the file cannot be read${code && ` (${code})`}`);
  }
}
