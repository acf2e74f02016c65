/** A real Postgres for the moment: comparing schemas and making migrations need a server, not data. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startPostgres } from '@enishi/infra';

export async function withScratchPostgres<T>(work: (adminUrl: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'enishi-scratch-'));
  const postgres = await startPostgres({ dir, port: await freePort() });
  try {
    return await work(postgres.adminUrl());
  } finally {
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}
