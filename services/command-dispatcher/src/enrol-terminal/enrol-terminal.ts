import { type EnrolmentReceipt, type EnrolmentRequest, enrolTerminal, type In, type Out, TerminalId } from '@enishi/contracts';
import { agentHash, ENROLMENT_TYP, enrolmentMac, isWeakKey, jwkThumbprint, openAtRest, sameSecret, sha256, sign } from '@enishi/crypto';
import { type AppError, failure } from '@enishi/errors';
import { CONFIG } from '@enishi/service';
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config.js';
import { secretAad } from '../create-enrolment-code/create-enrolment-code.js';
import { Database, type Tx } from '../database.store.js';
import { events } from '../events.js';
import { PLATFORM_KEYS, type PlatformKeys } from '../platform-keys.js';
import { TerminalStore } from '../terminal.store.js';

/** After so many wrong MACs nobody can use the code any more. */
export const MAX_WRONG_MACS = 5;

type Reason = 'code_not_valid' | 'mac_wrong' | 'key_weak' | 'agent_outdated';
type Verdict = { terminalId: TerminalId; again: boolean } | { refusal: AppError };

/**
 * A9: binds a terminal to the holder who was given the code. The relay that carries the request is not trusted: only
 * the MAC under the code's secret says that these keys are the ones that the PC made.
 */
@Injectable()
export class EnrolTerminal {
  constructor(
    private readonly database: Database,
    private readonly terminals: TerminalStore,
    @Inject(PLATFORM_KEYS) private readonly keys: PlatformKeys,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async run({ request }: In<typeof enrolTerminal>): Promise<Out<typeof enrolTerminal>> {
    // A refusal is returned, not thrown, out of the transaction: a wrong MAC must stay counted.
    const verdict = await this.database.transaction((tx) => this.judge(tx, request));
    if ('refusal' in verdict) throw verdict.refusal;
    // Dying here: the terminal is bound but has no receipt. It sends the same request again and is answered the same.
    events.terminalEnrolled({
      terminalId: verdict.terminalId,
      codeId: request.codeId,
      again: verdict.again,
      macVersion: versionOf(request),
    });
    return { receipt: this.receiptFor(verdict.terminalId, request) };
  }

  private async judge(tx: Tx, request: EnrolmentRequest): Promise<Verdict> {
    // Not by what the relay says: a v2 request that it has made to look like v1 fails by its MAC even where v1 is allowed.
    if (versionOf(request) === 1 && this.config.ENROLMENT_V1 === 'refused')
      return this.refuse(request, 'agent_outdated', 'This agent is too old to be enrolled here. Install a newer one.');
    const code = await this.terminals.lockCode(tx, request.codeId);
    if (code === null) return this.refuse(request, 'code_not_valid', 'The code is not known.');
    if (code.usedAt !== null) return this.sameAsBefore(tx, request);
    if (code.sealedSecret === null || code.expiresAt.getTime() <= Date.now())
      return this.refuse(request, 'code_not_valid', 'The code is no longer good. Make a new one.');

    const secret = openAtRest(this.keys.storageKey, code.sealedSecret, secretAad(code.codeId)).toString('utf8');
    if (!sameSecret(enrolmentMac(secret, request, this.keys.rootThumbprint), request.mac)) {
      const burnt = code.wrongMacs + 1 >= MAX_WRONG_MACS;
      await this.terminals.countWrongMac(tx, code.codeId, burnt);
      return this.refuse(request, 'mac_wrong', 'The request was not made with this code, or was changed on the way.', burnt);
    }

    if (isWeakKey(request.keys.signing) || isWeakKey(request.keys.sealing))
      return this.refuse(request, 'key_weak', 'A key of the request has no secret. Install the agent again.');

    const terminalId = TerminalId.generate();
    await this.terminals.add(tx, {
      terminalId,
      holderId: code.holderId,
      label: code.label,
      hostname: request.agent.hostname,
      platform: request.agent.platform,
      agentVersion: request.agent.version,
      codeId: code.codeId,
      enrolmentHash: hashOf(request),
      keys: request.keys,
    });
    await this.terminals.useCode(tx, code.codeId);
    return { terminalId, again: false };
  }

  /** The reply to an accepted request may be lost on the way; the very same request gets it again, any other is refused. */
  private async sameAsBefore(tx: Tx, request: EnrolmentRequest): Promise<Verdict> {
    const terminal = await this.terminals.findByCode(tx, request.codeId);
    if (terminal === null || terminal.revokedAt !== null || !sameSecret(terminal.enrolmentHash, hashOf(request)))
      return this.refuse(request, 'code_not_valid', 'The code was used already. Make a new one.');
    return { terminalId: terminal.terminalId as TerminalId, again: true };
  }

  private refuse(request: EnrolmentRequest, reason: Reason, message: string, burnt = false): Verdict {
    events.enrolmentRefused({ codeId: request.codeId, reason, burnt });
    return { refusal: failure(enrolTerminal, reason, message) };
  }

  private receiptFor(terminalId: TerminalId, request: EnrolmentRequest): string {
    const receipt: EnrolmentReceipt = {
      terminalId,
      keys: request.keys,
      nonce: request.nonce,
      // An agent of v1 takes no field more than it knows.
      ...('v' in request ? { agentHash: agentHash(request.agent) } : {}),
      iat: Math.floor(Date.now() / 1000),
    };
    const header = { root: this.keys.rootStatement, key: this.keys.orderKeyStatement };
    return sign(receipt, this.keys.orderKey, { typ: ENROLMENT_TYP, header });
  }
}

const versionOf = (request: EnrolmentRequest) => ('v' in request ? request.v : 1);

/** All that the MAC is over, and the MAC itself: only who knows the secret can have made another that hashes the same. */
function hashOf(request: EnrolmentRequest): string {
  const { codeId, keys, nonce, mac } = request;
  const said = 'v' in request ? [agentHash(request.agent)] : [];
  return sha256([codeId, jwkThumbprint(keys.signing), jwkThumbprint(keys.sealing), nonce, mac, ...said].join('\n'));
}
