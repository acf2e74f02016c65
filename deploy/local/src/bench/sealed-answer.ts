/** Orders as a dispatcher has them, and answers as an agent seals them: for measuring the parser without the parts around it. */
import { readFileSync } from 'node:fs';
import { ConnectionId, type getOrder, type HolderId, OrderId, type Out, Result, RunId, TerminalId } from '@enishi/contracts';
import { generateSigningKey, packResult, RESULT_TYP, randomToken, seal, sha256, sign } from '@enishi/crypto';
import type { z } from 'zod';
import type { Layout } from '../layout.js';

export type OpenOrder = Out<typeof getOrder>;

/** As the relay tells a terminal to wait when the parser is busy. */
export const BUSY_RETRY_MS = 500;

export interface BankAnswer {
  readonly request: string;
  /** Params of the request. */
  readonly params?: Readonly<Record<string, string>>;
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** One terminal of one holder in one run. */
export class Party {
  readonly runId = RunId.generate();
  readonly connectionId = ConnectionId.generate();
  private readonly terminalId = TerminalId.generate();
  private readonly key = generateSigningKey();
  private steps = 0;

  constructor(
    readonly holderId: HolderId,
    private readonly layout: Layout,
    private readonly connector: { id: string; hash: string },
  ) {}

  /** An order, and the answer to it as the agent seals it. */
  async answer({ request, params = {}, contentType, body }: BankAnswer): Promise<{ order: OpenOrder; jwe: string }> {
    const { runId, connectionId, holderId, terminalId, key, connector } = this;
    const order: OpenOrder = {
      orderId: OrderId.generate(),
      runId,
      connectionId,
      holderId,
      terminalId,
      step: ++this.steps,
      request,
      params,
      period: { from: '2026-03-01', to: '2026-11-20' },
      agentKey: key.publicJwk,
      orderHashes: [sha256(randomToken(8))],
      connectorId: connector.id,
      connectorVersion: 1,
      connectorHash: connector.hash,
    };
    const result: z.input<typeof Result> = {
      orderId: order.orderId,
      runId,
      terminalId,
      orderHash: order.orderHashes[0] ?? '',
      connectorHash: connector.hash,
      bodyHash: sha256(body),
      bodyBytes: body.length,
      outcome: {
        kind: 'response',
        status: 200,
        headers: { 'content-type': contentType },
        peerCertificateHash: sha256('certificate'),
        durationMs: 5,
      },
      credentialVersion: 'c1',
    };
    const resultKey = JSON.parse(readFileSync(this.layout.path('pki', 'result.key.json'), 'utf8'));
    const { kty, crv, x } = resultKey;
    return { order, jwe: await seal(packResult(sign(Result.parse(result), key.privateJwk, { typ: RESULT_TYP }), body), { kty, crv, x }) };
  }
}
