/** Whether a sealed result is the answer to this order, by the terminal that was asked. Pure but for opening the seal. */
import { getOrder, type Out, Result } from '@enishi/contracts';
import { CryptoError, open, type PrivateSealingJwk, RESULT_TYP, sha256, unpackResult, verify } from '@enishi/crypto';
import type { z } from 'zod';

export type OpenOrder = Out<typeof getOrder>;
export interface CheckedResult {
  result: z.infer<typeof Result>;
  body: Buffer;
}

/** Why a result is refused; a closed list, for logs and metrics. */
export class NotTheAnswer extends Error {
  constructor(readonly why: string) {
    super(why);
  }
}

/** The first check that fails names the reason. @throws NotTheAnswer */
export async function checkResult(
  order: OpenOrder,
  terminalId: string,
  jwe: string,
  resultKeys: readonly PrivateSealingJwk[],
): Promise<CheckedResult> {
  // The relay says who brought it; an answer from another terminal is refused before it is opened.
  if (terminalId !== order.terminalId) throw new NotTheAnswer('other_terminal');
  let checked: CheckedResult;
  try {
    const { resultJws, body } = unpackResult(await openWithOneOf(resultKeys, jwe));
    checked = { result: verify(resultJws, order.agentKey, RESULT_TYP, Result).payload, body };
  } catch (error) {
    if (error instanceof CryptoError) throw new NotTheAnswer(error.reason);
    throw error;
  }
  const { result, body } = checked;
  if (result.orderId !== order.orderId || result.runId !== order.runId) throw new NotTheAnswer('other_order');
  if (result.terminalId !== order.terminalId) throw new NotTheAnswer('other_terminal');
  if (!order.orderHashes.includes(result.orderHash)) throw new NotTheAnswer('order_hash_wrong');
  if (result.connectorHash !== order.connectorHash) throw new NotTheAnswer('connector_hash_wrong');
  if (result.bodyBytes !== body.length || result.bodyHash !== sha256(body)) throw new NotTheAnswer('body_hash_wrong');
  return checked;
}

/** @throws CryptoError of the last key, when none opens it */
async function openWithOneOf([key, ...others]: readonly PrivateSealingJwk[], jwe: string): Promise<Buffer> {
  if (key === undefined) throw new TypeError('there is no result key');
  try {
    return await open(jwe, key, 'result');
  } catch (error) {
    if (others.length === 0 || !(error instanceof CryptoError) || error.reason !== 'cannot_open') throw error;
    return openWithOneOf(others, jwe);
  }
}
