import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { zenginFile } from '../../test/zengin-file.js';
import { parseFile } from './parse-file.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'enishi-parse-'));
});
afterAll(() => rm(dir, { recursive: true }));

const plain = { profile: null, asOf: null };

describe('parse FILE', () => {
  it('tells era years by the day on which the file was written', async () => {
    const path = join(dir, 'a.txt');
    await writeFile(path, zenginFile([{ opening: 0n, created: '060402', entries: [{ date: '060401', amount: 1n }] }]));
    await utimes(path, new Date('2024-04-03'), new Date('2024-04-03'));
    expect((await parseFile(path, plain)).statements[0]?.transactions[0]?.date).toBe('2024-04-01');
    expect((await parseFile(path, { ...plain, asOf: '1994-05-01' })).statements[0]?.transactions[0]?.date).toBe('1994-04-01');
  });

  it('takes for the day of writing the one at the bank', async () => {
    const path = join(dir, 'new-year.txt');
    // A day after the month that a file may be ahead of its writing, if that were New Year's Eve.
    await writeFile(path, zenginFile([{ opening: 0n, created: '080201', from: '080101', to: '080131', entries: [] }]));
    // 2026-01-01 08:00 in Japan.
    await utimes(path, new Date('2025-12-31T23:00:00Z'), new Date('2025-12-31T23:00:00Z'));
    expect(await parseFile(path, plain)).toMatchObject({
      problems: [],
      statements: [{ period: { from: '2026-01-01', to: '2026-01-31' } }],
    });
  });

  it('refuses a directory, a missing file, an empty file and one that is too large, in plain words', async () => {
    const empty = join(dir, 'empty');
    await writeFile(empty, '');
    const large = join(dir, 'large');
    await writeFile(large, new Uint8Array(16 * 1024 * 1024 + 1));
    const problem = async (path: string) => (await parseFile(path, plain)).problems[0];
    expect(await problem(dir)).toMatchObject({ code: 'FILE_UNREADABLE', message: 'it is a directory, not a file' });
    expect(await problem(join(dir, 'nothing'))).toMatchObject({ code: 'FILE_UNREADABLE', message: 'there is no such file' });
    expect(await problem(empty)).toMatchObject({ code: 'FILE_EMPTY' });
    expect(await problem(large)).toMatchObject({ code: 'FILE_TOO_LARGE' });
  });
});
