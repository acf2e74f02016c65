/** Every rule that an order must keep, in the order in which they are looked at. The first that it breaks names the refusal. (A3) */
import {
  type ConnectionId,
  type Connector,
  type ConnectorRequest,
  Order,
  type OrderId,
  type RootStatement,
  type SealingJwk,
  type TerminalId,
} from '@enishi/contracts';
import { CryptoError, ORDER_TYP, open, type PrivateSealingJwk, readUnverified, sha256, verifyCertified, verifyKey } from '@enishi/crypto';
import { checkCertificate } from './check-certificate.js';
import { checkClock } from './check-clock.js';
import { checkConnection } from './check-connection.js';
import { checkConnectorSignature } from './check-connector-signature.js';
import { checkConnectorVersion } from './check-connector-version.js';
import { checkForm } from './check-form.js';
import { checkHeaders } from './check-headers.js';
import { checkLoginLimit } from './check-login-limit.js';
import { checkOrigin } from './check-origin.js';
import { checkQuery } from './check-query.js';
import { checkRequest } from './check-request.js';
import type { SequenceWindow } from './check-sequence.js';
import { checkSessionNonce } from './check-session-nonce.js';
import { checkTerminal } from './check-terminal.js';
import { NotAnOrder } from './refusal.js';

/** What the terminal knows when an order comes. */
export interface TerminalFacts {
  readonly terminalId: TerminalId;
  readonly root: RootStatement;
  readonly sealingKey: PrivateSealingJwk;
  readonly sessionNonce: string;
  readonly sequences: SequenceWindow;
}

/** An order of the platform, for this terminal, in this session. Whether it may be followed is another question. */
export interface AuthenticOrder {
  readonly order: Order;
  /** SHA-256 of the order's JWS. */
  readonly orderHash: string;
  readonly resultKey: SealingJwk;
}

/** Opens the seal and looks who wrote it. @throws NotAnOrder */
export async function authenticateOrder(frame: { orderId: OrderId; jwe: string }, terminal: TerminalFacts): Promise<AuthenticOrder> {
  let jws: string;
  let order: Order;
  let resultKey: SealingJwk;
  try {
    jws = (await open(frame.jwe, terminal.sealingKey, 'order')).toString('utf8');
    // Keys are judged by the order's own time, and checkClock ties that time to ours. So a PC whose clock is wrong can say
    // CLOCK_SKEWED, while a key that is over can bring about that answer and no other.
    const nowSeconds = readUnverified(jws, ORDER_TYP, Order).issuedAt;
    order = verifyCertified(jws, terminal.root, { use: 'order', typ: ORDER_TYP, schema: Order, nowSeconds }).payload;
    resultKey = verifyKey(order.resultKey, terminal.root, 'result', nowSeconds).jwk;
  } catch (error) {
    if (error instanceof CryptoError) throw new NotAnOrder('check-signature', error.message);
    throw error;
  }
  checkTerminal(order, terminal.terminalId, frame.orderId);
  checkSessionNonce(order, terminal.sessionNonce);
  terminal.sequences.checkSequence(order);
  return { order, orderHash: sha256(jws), resultKey };
}

export interface PermittedOrder {
  readonly connector: Connector;
  readonly request: ConnectorRequest;
  readonly url: URL;
}

/** Holds the order against the signed connector. @throws OrderRefused */
export function permitOrder(
  order: Order,
  terminal: Pick<TerminalFacts, 'root'>,
  nowSeconds: number,
  highestVersion: (connectorId: string) => number,
  originOf: (connectionId: ConnectionId) => string | null | undefined,
  onceBegun: (connectionId: ConnectionId) => readonly string[],
): PermittedOrder {
  checkClock(order, nowSeconds);
  const connector = checkConnectorSignature(order, terminal.root);
  checkConnectorVersion(connector, highestVersion(connector.id));
  checkConnection(connector, originOf(order.connectionId));
  const request = checkRequest(order, connector);
  const url = checkOrigin(order, connector, request);
  checkQuery(url, request);
  checkForm(order, request);
  checkHeaders(order, request);
  checkCertificate(order, connector);
  checkLoginLimit(order, connector, nowSeconds, onceBegun(order.connectionId));
  return { connector, request, url };
}
