import type { ServiceName } from '@enishi/contracts';
import type { FreshNats } from './fresh-nats.js';
import type { FreshPki } from './fresh-pki.js';

export interface FreshPlatform {
  /** A directory of this test file; goes with stop(). */
  dir: string;
  /** Of the service's own role. */
  databaseUrl(service: ServiceName): string;
  adminUrl: string;
  natsUrl: string;
  nkeySeedFile(service: ServiceName): string;
  nats: FreshNats;
  pki: FreshPki;
  stop(): Promise<void>;
}

/** Database, NATS and keys of one test file; `services` are those whose migrations are applied (all may speak on NATS). */
export async function freshPlatform(options: { services: ServiceName[] }): Promise<FreshPlatform> {
  throw new Error(`not built yet: ${options.services.join()}`);
}
