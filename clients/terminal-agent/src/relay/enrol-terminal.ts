/** Enrolment: the PC makes its keys, the platform binds them to the holder, and both know it was the other, past the relay. (A9) */
import { arch, hostname, platform } from 'node:os';
import { type AgentDescription, EnrolmentReceipt, type EnrolmentRequest, type RelayFrame } from '@enishi/contracts';
import {
  agentHash,
  CryptoError,
  decodeHeader,
  ENROLMENT_TYP,
  type EnrolmentCode,
  enrolmentMac,
  generateSealingKey,
  generateSigningKey,
  jwkThumbprint,
  randomToken,
  readUnverified,
  sameSecret,
  verifyCertified,
  verifyRoot,
} from '@enishi/crypto';
import { AppError } from '@enishi/errors';
import type { Identity } from '../home/home.js';
import { CLOCK_LIMIT_SECONDS } from '../order/check-clock.js';
import type { AgentPrivateKeys } from '../vault/vault.js';
import { openLink } from './relay-link.js';

export const ENROLMENT_LIMIT_MS = 20_000;

const AGENT_NAME = 'enishi-agent';
/** What this agent can do beyond the first one: `login-limit`, it counts logins by the connector's `maxOncePerDay`. */
const CAPABILITIES: AgentDescription['capabilities'] = ['login-limit'];

const refused = (message: string, cause?: unknown) => new AppError('terminal-agent.enrolment_refused', 'denied', message, { cause });

/** What one code is tried with. Kept by the caller before it is sent, so that the same try can be made again. */
export interface EnrolmentTry {
  readonly codeId: string;
  readonly keys: AgentPrivateKeys;
  readonly nonce: string;
}

export function newEnrolmentTry(codeId: string): EnrolmentTry {
  return {
    codeId,
    keys: { signing: generateSigningKey().privateJwk, sealing: generateSealingKey().privateJwk },
    nonce: randomToken(32),
  };
}

const publicPart = <J extends { kty: unknown; crv: unknown; x: unknown }>({ kty, crv, x }: J) =>
  ({ kty, crv, x }) as Pick<J, 'kty' | 'crv' | 'x'>;

export interface Enrolled {
  readonly identity: Identity;
  readonly keys: AgentPrivateKeys;
  /** The PC's clock and the platform's are too far apart for orders to be followed. */
  readonly clockIsOff: boolean;
}

/**
 * Nothing is stored here. Dies after the platform has bound the keys: the same try, made again, is answered the same.
 * @throws AppError terminal-agent.enrolment_refused
 */
export async function enrolTerminal(
  code: EnrolmentCode,
  attempt: EnrolmentTry,
  relay: { url: string; ca: string | null },
  agentVersion: string,
): Promise<Enrolled> {
  const keys = { signing: publicPart(attempt.keys.signing), sealing: publicPart(attempt.keys.sealing) };
  const { nonce } = attempt;
  const agent: AgentDescription = {
    name: AGENT_NAME,
    version: agentVersion,
    platform: `${platform()}-${arch()}`.slice(0, 40),
    hostname: hostname().slice(0, 100),
    capabilities: [...CAPABILITIES],
  };
  const unsigned = { v: 2, codeId: code.codeId, keys, nonce, agent } as const;
  // Never v1 as well, whatever is answered: who is in between could choose the weaker one.
  const request: EnrolmentRequest = { ...unsigned, mac: enrolmentMac(code.secret, unsigned, code.rootThumbprint) };
  const { receipt } = await exchange(relay, request);
  const { root, content } = readReceipt(receipt, code.rootThumbprint);
  const mine =
    sameSecret(content.nonce, nonce) &&
    sameSecret(jwkThumbprint(content.keys.signing), jwkThumbprint(keys.signing)) &&
    sameSecret(jwkThumbprint(content.keys.sealing), jwkThumbprint(keys.sealing));
  if (!mine) throw refused('the receipt is for other keys than those of this PC: the relay may be hostile');
  if (!sameSecret(content.agentHash ?? '', agentHash(agent)))
    throw refused('the receipt does not say what this agent said of itself: the relay may be hostile');
  return {
    identity: {
      version: 1,
      terminalId: content.terminalId,
      root,
      rootThumbprint: code.rootThumbprint,
      relayUrl: relay.url,
      relayCa: relay.ca,
      enrolledAt: new Date().toISOString(),
    },
    keys: attempt.keys,
    clockIsOff: Math.abs(content.iat - Date.now() / 1000) > CLOCK_LIMIT_SECONDS,
  };
}

function readReceipt(receipt: string, rootThumbprint: string): { root: string; content: EnrolmentReceipt } {
  try {
    const statement = decodeHeader(receipt, 'enrolment receipt').root;
    if (!statement) throw refused('the receipt does not show the root');
    const root = verifyRoot(statement, rootThumbprint);
    // By the receipt's own time: a PC whose clock is off can still be enrolled, and is told so.
    const nowSeconds = readUnverified(receipt, ENROLMENT_TYP, EnrolmentReceipt).iat;
    const { payload } = verifyCertified(receipt, root, { use: 'order', typ: ENROLMENT_TYP, schema: EnrolmentReceipt, nowSeconds });
    return { root: statement, content: payload };
  } catch (error) {
    if (error instanceof CryptoError)
      throw refused(`the receipt is not of the platform that gave the code (${error.reason}): the relay may be hostile`, error);
    throw error;
  }
}

async function exchange(relay: { url: string; ca: string | null }, request: EnrolmentRequest): Promise<RelayFrame & { frame: 'enrolled' }> {
  const { promise, resolve, reject } = Promise.withResolvers<RelayFrame & { frame: 'enrolled' }>();
  const link = openLink({
    ...relay,
    onFrame: (frame) => {
      if (frame.frame === 'challenge') void link.send({ frame: 'enrol', request });
      else if (frame.frame === 'enrolled') resolve(frame);
      else if (frame.frame === 'refused') reject(refused(`the platform refused: ${frame.message} (${frame.code})`));
      else reject(refused('the relay answered something else'));
    },
  });
  void link.ended.then(({ reason }) => reject(refused(`no enrolment: ${reason}`)));
  const limit = setTimeout(() => reject(refused('the platform did not answer in time')), ENROLMENT_LIMIT_MS);
  try {
    return await promise;
  } finally {
    clearTimeout(limit);
    link.close(1000, 'done');
  }
}
