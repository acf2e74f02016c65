/** Where a holder's devices find a running platform: on this machine, or behind the routes of a cluster. */
import type { ServiceName } from '@enishi/contracts';
import type { Layout } from '../layout.js';

export interface Door {
  /** Where to connect. */
  readonly host: string;
  readonly port: number;
  /** The name that its certificate must have. */
  readonly serverName: string;
}

export interface Place {
  /** State of the user's side and of the bank; the development CA is in it. */
  readonly layout: Layout;
  /** The HTTP door behind which a service's routes are. */
  doorOf(service: ServiceName): Door;
  /** wss:// URL that terminal agents connect to. */
  readonly relayUrl: string;
  /** Starts an enrolled agent under supervision, as the PC's own service manager would. */
  startAgent(home: string, name?: string): Promise<void>;
  /** Ends a process of this place, or of the user's PC, as asked. */
  stopPart(name: string): Promise<void>;
}
