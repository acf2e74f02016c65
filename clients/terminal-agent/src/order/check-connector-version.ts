import type { Connector } from '@enishi/contracts';
import { OrderRefused } from './refusal.js';

/** Versions only go up: an older description of the bank, signed as it is, is not taken again. */
export function checkConnectorVersion(connector: Connector, highestSeen: number): void {
  if (connector.version < highestSeen)
    throw new OrderRefused('check-connector-version', `version ${connector.version} after version ${highestSeen}`);
}
