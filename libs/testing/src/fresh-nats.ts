import type { ServiceName } from '@enishi/contracts';

export interface FreshNats {
  url: string;
  /** NKey seed, text. */
  seed(service: ServiceName): string;
  seedFile(service: ServiceName): string;
  operatorSeed: string;
  /** SIGKILL; `restart()` brings it back on the same port and the same streams. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A nats-server of its own with the generated configuration, streams and consumers provisioned. */
export async function freshNats(options: { dir?: string } = {}): Promise<FreshNats> {
  throw new Error(`not built yet: ${options.dir ?? ''}`);
}
