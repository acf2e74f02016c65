import { closeSession, type In, type Out, openSession, SessionId, SessionProof, TerminalId } from '@enishi/contracts';
import { CryptoError, readUnverified, SESSION_TYP, sameSecret, verify } from '@enishi/crypto';
import { failure } from '@enishi/errors';
import { Bus } from '@enishi/messaging';
import { Injectable } from '@nestjs/common';
import { ConnectionStore } from '../connection.store.js';
import { Database } from '../database.store.js';
import { events } from '../events.js';
import { type StoredTerminal, TerminalStore } from '../terminal.store.js';

/** A9: the terminal proves itself past the relay, and the new session takes the place of any other. */
@Injectable()
export class OpenSession {
  constructor(
    private readonly bus: Bus,
    private readonly database: Database,
    private readonly terminals: TerminalStore,
    private readonly connections: ConnectionStore,
  ) {}

  async run({ proof: jws, challenge }: In<typeof openSession>): Promise<Out<typeof openSession>> {
    const terminalId = claimedTerminal(jws);
    const sessionId = SessionId.generate();
    const { before, proof, resumed } = await this.database.transaction(async (tx) => {
      await this.connections.lockOfTerminal(tx, terminalId);
      const terminal = await this.terminals.lock(tx, terminalId);
      if (terminal === null) throw refuse('terminal_unknown', 'The terminal is not enrolled here.', terminalId);
      const proof = provenBy(terminal, jws, challenge);
      if (terminal.revokedAt !== null) throw refuse('terminal_revoked', 'The terminal was revoked. Enrol it again.', terminalId);
      if (!(await this.terminals.useNonce(tx, terminalId, proof.sessionNonce)))
        throw refuse('proof_wrong', 'The proof was used before.', terminalId);
      await this.terminals.openSession(tx, terminalId, {
        sessionId,
        sessionNonce: proof.sessionNonce,
        agentVersion: proof.agentVersion,
        credentials: proof.credentials,
      });
      const resumed = await this.connections.resume(tx, terminalId, proof.credentials);
      return { before: terminal.sessionId, proof, resumed };
    });
    // Dying here: the relay gets no answer and refuses the terminal, which comes again with a new nonce. Orders that
    // are issued to this session meanwhile find nobody, and wait for the next.
    events.sessionOpened({
      terminalId,
      sessionId,
      replaced: before !== null,
      clockAheadSeconds: proof.clock - Math.floor(Date.now() / 1000),
    });
    for (const connectionId of resumed) events.connectionResumed({ connectionId });
    // Not awaited: the older one gets no order any more whether or not its relay still lives.
    if (before !== null) void this.bus.request(closeSession, { sessionId: before as SessionId, reason: 'replaced' }).catch(() => undefined);
    return { sessionId, terminalId };
  }
}

/** Whose key must have signed: from the proof itself, believed only after that key has verified it. */
function claimedTerminal(jws: string): TerminalId {
  try {
    return readUnverified(jws, SESSION_TYP, SessionProof).terminalId;
  } catch (error) {
    throw refuse('proof_wrong', sentenceOf(error));
  }
}

function provenBy(terminal: StoredTerminal, jws: string, challenge: string): SessionProof {
  let proof: SessionProof;
  try {
    proof = verify(jws, terminal.signingKey, SESSION_TYP, SessionProof).payload;
  } catch (error) {
    throw refuse('proof_wrong', sentenceOf(error), terminal.terminalId);
  }
  if (!sameSecret(proof.challenge, challenge)) throw refuse('proof_wrong', 'The proof is for another challenge.', terminal.terminalId);
  return proof;
}

function refuse(reason: 'terminal_unknown' | 'terminal_revoked' | 'proof_wrong', message: string, terminalId?: string) {
  events.sessionRefused({ ...(terminalId === undefined ? {} : { terminalId }), reason });
  return failure(openSession, reason, message);
}

function sentenceOf(error: unknown): string {
  return error instanceof CryptoError ? error.message : 'The proof cannot be read.';
}
