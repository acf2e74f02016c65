import type { Connector } from '@enishi/contracts';
import { OrderRefused } from './refusal.js';

/**
 * What the user gave for one bank goes to that bank: a signed connector of another bank does not get it.
 * @param origin that the user named in `connect`; null: none was named; undefined: nothing is kept for the connection
 */
export function checkConnection(connector: Connector, origin: string | null | undefined): void {
  if (origin !== undefined && origin !== connector.origin)
    throw new OrderRefused('check-connection', 'the connection is for another origin: see enishi-agent connect --origin');
}
