import { Connector, type Order, type RootStatement } from '@enishi/contracts';
import { CONNECTOR_TYP, CryptoError, sha256, verifyCertified } from '@enishi/crypto';
import { OrderRefused } from './refusal.js';

/** The connector is signed by a connector key of our root, is the one that the order names, and suits the root. */
export function checkConnectorSignature(order: Order, root: RootStatement): Connector {
  if (sha256(order.connector) !== order.connectorHash) throw new OrderRefused('check-connector-signature', 'connectorHash');
  let connector: Connector;
  try {
    connector = verifyCertified(order.connector, root, {
      use: 'connector',
      typ: CONNECTOR_TYP,
      schema: Connector,
      nowSeconds: order.issuedAt,
    }).payload;
  } catch (error) {
    throw new OrderRefused('check-connector-signature', error instanceof CryptoError ? error.reason : 'unreadable');
  }
  if (connector.development && !root.development)
    throw new OrderRefused('check-connector-signature', 'a development connector under a root that is not for development');
  return connector;
}
