import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceName } from '@enishi/contracts';
import { freshDatabase } from './fresh-database.js';
import { type FreshNats, freshNats } from './fresh-nats.js';
import { type FreshPki, freshPki } from './fresh-pki.js';
import { testRun } from './run.js';

export interface FreshPlatform {
  /** A directory of this test file; goes with stop(). */
  dir: string;
  /** Of the service's own role. */
  databaseUrl: (service: ServiceName) => string;
  adminUrl: string;
  natsUrl: string;
  nkeySeedFile: (service: ServiceName) => string;
  nats: FreshNats;
  pki: FreshPki;
  stop: () => Promise<void>;
}

/** Database, NATS and keys of one test file; `services` are those whose migrations are applied (all may speak on NATS). */
export async function freshPlatform(options: { services: ServiceName[] }): Promise<FreshPlatform> {
  const dir = mkdtempSync(join(testRun().dir, 'platform-'));
  const [database, nats, pki] = await Promise.all([freshDatabase(options), freshNats({ dir }), freshPki(join(dir, 'pki'))]);
  return {
    dir,
    databaseUrl: database.url,
    adminUrl: database.adminUrl,
    natsUrl: nats.url,
    nkeySeedFile: nats.seedFile,
    nats,
    pki,
    async stop() {
      await Promise.all([database.stop(), nats.stop()]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
