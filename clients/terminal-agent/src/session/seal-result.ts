/** Signs a result and seals it to the parser: the relay that carries it sees sizes and ids. (A2, A7) */
import { clip, Result, type SealingJwk, type TerminalId } from '@enishi/contracts';
import { type PrivateSigningJwk, packResult, RESULT_TYP, seal, sha256, sign } from '@enishi/crypto';
import type { OrderFacts } from '../journal/journal-line.js';

export function sealResult(
  order: Pick<OrderFacts, 'orderId' | 'runId' | 'orderHash' | 'connectorHash'>,
  outcome: Result['outcome'],
  body: Uint8Array,
  credentialVersion: string | null,
  by: { terminalId: TerminalId; signingKey: PrivateSigningJwk; resultKey: SealingJwk },
): Promise<string> {
  const result: Result = Result.parse({
    orderId: order.orderId,
    runId: order.runId,
    terminalId: by.terminalId,
    orderHash: order.orderHash,
    connectorHash: order.connectorHash,
    bodyHash: sha256(body),
    bodyBytes: body.length,
    outcome: outcome.kind === 'failed' ? { ...outcome, detail: clip(outcome.detail, 500) } : outcome,
    credentialVersion,
  });
  return seal(packResult(sign(result, by.signingKey, { typ: RESULT_TYP }), body), by.resultKey);
}
