/** The platform's side of an order, with keys of its own: a root, a dispatcher that signs, a parser that opens. */
import {
  ConnectionId,
  Connector,
  HolderId,
  type Order,
  OrderId,
  Result,
  RunId,
  type SealingJwk,
  type SigningJwk,
  type TerminalId,
} from '@enishi/contracts';
import {
  CONNECTOR_TYP,
  certifyKey,
  createRoot,
  generateSealingKey,
  generateSigningKey,
  ORDER_TYP,
  open,
  RESULT_TYP,
  seal,
  sha256,
  sign,
  thumbprintOfRoot,
  unpackResult,
  verify,
} from '@enishi/crypto';

const HOUR = 3_600;
export const CLIENT_CA_NAME = 'Test Bank Client CA';

export function connectorFor(origin: string, serverCa: string | undefined, change: Record<string, unknown> = {}): Connector {
  return Connector.parse({
    id: 'test-bank',
    version: 3,
    name: { en: 'Test Bank', ja: '試験銀行' },
    institution: { code: '0999', name: 'Test Bank' },
    development: true,
    origin,
    serverCa,
    certificate: { issuer: CLIENT_CA_NAME },
    charset: 'shift_jis',
    secrets: {
      userId: { label: { en: 'User id', ja: '利用者番号' }, pattern: '\\d{8}' },
      password: { label: { en: 'Password', ja: 'パスワード' }, pattern: '[!-~ぁ-んァ-ー]{4,32}' },
    },
    requests: {
      top: { method: 'GET', path: '/top', effect: 'read', headers: { accept: 'text/html' }, maxBytes: 1_000, timeoutMs: 5_000 },
      login: {
        method: 'POST',
        path: '/login',
        effect: 'once',
        form: {
          csrf: { fact: 'csrf', pattern: '[a-z0-9]{4}' },
          userId: { secret: 'userId' },
          password: { secret: 'password' },
          next: { literal: '口座' },
        },
        headers: { accept: 'text/html', 'accept-language': 'ja' },
        maxBytes: 1_000,
        timeoutMs: 5_000,
      },
      rows: {
        method: 'GET',
        path: '/rows',
        query: {
          account: { param: 'account', pattern: '[A-Z0-9]{4}' },
          format: { literal: 'csv' },
          from: { run: 'from', format: 'yyyyMMdd' },
        },
        effect: 'read',
        maxBytes: 1_000,
        timeoutMs: 5_000,
      },
    },
    pages: { any: { match: { as: 'redirect', location: '.*' }, answers: ['top'] } },
    start: 'top',
    transitions: [{ page: 'any', next: [] }],
    limits: {},
    ...change,
  });
}

export interface SessionOfOrder {
  readonly nonce: string;
  sequence: number;
}

export class Platform {
  readonly root: ReturnType<typeof createRoot>;
  readonly thumbprint: string;
  readonly dispatcher = generateSigningKey();
  readonly parser = generateSealingKey();
  readonly connectorKey = generateSigningKey();
  readonly orderStatement: string;
  readonly resultStatement: string;
  readonly connectorStatement: string;

  constructor(development = true) {
    this.root = createRoot({ development });
    this.thumbprint = thumbprintOfRoot(this.root.statement);
    const certify = (use: 'order' | 'result' | 'connector', jwk: SigningJwk | SealingJwk) =>
      certifyKey(this.root.privateJwk, { use, jwk, validForSeconds: HOUR });
    this.orderStatement = certify('order', this.dispatcher.publicJwk);
    this.resultStatement = certify('result', this.parser.publicJwk);
    this.connectorStatement = certify('connector', this.connectorKey.publicJwk);
  }

  signConnector(connector: Connector): string {
    return sign(connector, this.connectorKey.privateJwk, { typ: CONNECTOR_TYP, header: { key: this.connectorStatement } });
  }

  /** A good order for one of the connector's requests; `change` bends it. */
  order(
    to: { terminalId: TerminalId; session: SessionOfOrder; connector: Connector; connectionId?: ConnectionId; runId?: RunId },
    request: 'top' | 'login' | 'rows',
    change: Partial<Order> = {},
  ): Order {
    const wanted = to.connector.requests[request];
    if (!wanted) throw new Error(`the connector has no ${request}`);
    const query = request === 'rows' ? '?account=AB12&format=csv&from=20260401' : '';
    const connectorJws = this.signConnector(to.connector);
    return {
      orderId: OrderId.generate(),
      terminalId: to.terminalId,
      holderId: HolderId.generate(),
      connectionId: to.connectionId ?? ConnectionId.generate(),
      runId: to.runId ?? RunId.generate(),
      step: 1,
      request,
      method: wanted.method,
      url: `${to.connector.origin}${wanted.path}${query}`,
      headers: { ...wanted.headers },
      form:
        request === 'login'
          ? [
              { name: 'csrf', value: 'ab12' },
              { name: 'userId', value: '{{secret:userId}}' },
              { name: 'password', value: '{{secret:password}}' },
              { name: 'next', value: '口座' },
            ]
          : null,
      effect: wanted.effect,
      certificate: { issuer: to.connector.certificate.issuer },
      maxBytes: wanted.maxBytes,
      timeoutMs: wanted.timeoutMs,
      connector: connectorJws,
      connectorHash: sha256(connectorJws),
      resultKey: this.resultStatement,
      sessionNonce: to.session.nonce,
      sequence: ++to.session.sequence,
      issuedAt: Math.floor(Date.now() / 1000),
      ...change,
    };
  }

  signOrder(order: Order): string {
    return sign(order, this.dispatcher.privateJwk, { typ: ORDER_TYP, header: { key: this.orderStatement } });
  }

  async sealOrder(order: Order, agent: SealingJwk): Promise<{ orderId: OrderId; jwe: string; orderHash: string }> {
    const jws = this.signOrder(order);
    return { orderId: order.orderId, jwe: await seal(jws, agent), orderHash: sha256(jws) };
  }

  /** Opens a result as the parser does. */
  async openResult(jwe: string, agent: SigningJwk): Promise<{ result: Result; body: Buffer }> {
    const { resultJws, body } = unpackResult(await open(jwe, this.parser.privateJwk));
    const { payload } = verify(resultJws, agent, RESULT_TYP, Result);
    if (sha256(body) !== payload.bodyHash) throw new Error('the body is another one than the signed one');
    return { result: payload, body };
  }
}
