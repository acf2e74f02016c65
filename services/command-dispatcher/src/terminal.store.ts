/** Rows of enrolment codes, terminals and used nonces. */
import {
  AgentKeys,
  type SealingJwk,
  SealingJwk as SealingJwkSchema,
  type SigningJwk,
  SigningJwk as SigningJwkSchema,
} from '@enishi/contracts';
import { lockSlots } from '@enishi/database';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Database, type Tx } from './database.store.js';
import type { EnrolmentCode, Terminal as TerminalRow } from './generated/prisma/client.js';

export interface StoredTerminal extends Omit<TerminalRow, 'signingKey' | 'sealingKey' | 'credentials'> {
  readonly signingKey: SigningJwk;
  readonly sealingKey: SealingJwk;
  /** Connection id to opaque version of its secrets. */
  readonly credentials: Readonly<Record<string, string>>;
}

/** Nonces kept per terminal: at one reconnect a minute, a week. */
const MAX_NONCES = 10_000;

@Injectable()
export class TerminalStore {
  constructor(private readonly database: Database) {}

  /** One holder's codes are counted and added by one transaction at a time. */
  async lockHolder(tx: Tx, holderId: string): Promise<void> {
    await lockSlots(tx, 'holder', [holderId]);
  }

  countLiveCodes(tx: Tx, holderId: string): Promise<number> {
    return tx.enrolmentCode.count({ where: { holderId, sealedSecret: { not: null }, expiresAt: { gt: new Date() } } });
  }

  async addCode(
    tx: Tx,
    code: { codeId: string; holderId: string; label: string; sealedSecret: Uint8Array; expiresAt: Date },
  ): Promise<void> {
    await tx.enrolmentCode.create({ data: { ...code, sealedSecret: Uint8Array.from(code.sealedSecret) } });
  }

  /** Locked: two tries with one code follow each other. */
  async lockCode(tx: Tx, codeId: string): Promise<EnrolmentCode | null> {
    await tx.$queryRaw`SELECT 1 FROM enrolment_codes WHERE code_id = ${codeId} FOR UPDATE`;
    return tx.enrolmentCode.findUnique({ where: { codeId } });
  }

  async countWrongMac(tx: Tx, codeId: string, burn: boolean): Promise<void> {
    await tx.enrolmentCode.update({ where: { codeId }, data: { wrongMacs: { increment: 1 }, ...(burn ? { sealedSecret: null } : {}) } });
  }

  /** The secret goes with its use. */
  async useCode(tx: Tx, codeId: string): Promise<void> {
    await tx.enrolmentCode.update({ where: { codeId }, data: { usedAt: new Date(), sealedSecret: null } });
  }

  /** Secrets of codes that are out of date. */
  async eraseStaleSecrets(): Promise<void> {
    await this.database.client.$executeRaw`
      UPDATE enrolment_codes SET sealed_secret = NULL WHERE sealed_secret IS NOT NULL AND expires_at < clock_timestamp()`;
  }

  async add(
    tx: Tx,
    terminal: Pick<
      StoredTerminal,
      'terminalId' | 'holderId' | 'label' | 'hostname' | 'platform' | 'agentVersion' | 'codeId' | 'enrolmentHash'
    > & {
      keys: AgentKeys;
    },
  ): Promise<void> {
    const { keys, ...rest } = terminal;
    await tx.terminal.create({ data: { ...rest, signingKey: keys.signing, sealingKey: keys.sealing } });
  }

  async findByCode(tx: Tx, codeId: string): Promise<StoredTerminal | null> {
    return stored(await tx.terminal.findUnique({ where: { codeId } }));
  }

  async find(tx: Tx, terminalId: string): Promise<StoredTerminal | null> {
    return stored(await tx.terminal.findUnique({ where: { terminalId } }));
  }

  async findOfHolder(tx: Tx, terminalId: string, holderId: string): Promise<StoredTerminal | null> {
    return stored(await tx.terminal.findFirst({ where: { terminalId, holderId } }));
  }

  async listOfHolder(holderId: string): Promise<StoredTerminal[]> {
    const rows = await this.database.client.terminal.findMany({ where: { holderId }, orderBy: { enrolledAt: 'asc' } });
    return rows.map((row) => stored(row));
  }

  /** Locked: two hellos of one terminal follow each other. */
  async lock(tx: Tx, terminalId: string): Promise<StoredTerminal | null> {
    await tx.$queryRaw`SELECT 1 FROM terminals WHERE terminal_id = ${terminalId} FOR UPDATE`;
    return this.find(tx, terminalId);
  }

  /** False when this nonce was used before by this terminal. */
  async useNonce(tx: Tx, terminalId: string, nonce: string): Promise<boolean> {
    const inserted = await tx.$executeRaw`
      INSERT INTO used_nonces (terminal_id, nonce) VALUES (${terminalId}, ${nonce}) ON CONFLICT DO NOTHING`;
    return inserted === 1;
  }

  async forgetOldNonces(): Promise<void> {
    await this.database.client.$executeRaw`
      DELETE FROM used_nonces n USING (
        SELECT terminal_id, nonce, row_number() OVER (PARTITION BY terminal_id ORDER BY used_at DESC) AS place FROM used_nonces
      ) old WHERE old.place > ${MAX_NONCES} AND n.terminal_id = old.terminal_id AND n.nonce = old.nonce`;
  }

  async openSession(
    tx: Tx,
    terminalId: string,
    session: { sessionId: string; sessionNonce: string; agentVersion: string; credentials: Record<string, string> },
  ): Promise<void> {
    await tx.terminal.update({ where: { terminalId }, data: { ...session, sequence: 0, sessionOpenedAt: new Date() } });
  }

  /** The session, with the number of the order that is issued next; null when there is none (never was, or revoked). */
  async nextSequence(
    tx: Tx,
    terminalId: string,
  ): Promise<{ sessionId: string; sessionNonce: string; sequence: number; sealingKey: SealingJwk } | null> {
    const [row] = await tx.$queryRaw<{ session_id: string; session_nonce: string; sequence: number; sealing_key: unknown }[]>`
      UPDATE terminals SET sequence = sequence + 1
      WHERE terminal_id = ${terminalId} AND session_id IS NOT NULL AND revoked_at IS NULL
      RETURNING session_id, session_nonce, sequence, sealing_key`;
    return row === undefined
      ? null
      : {
          sessionId: row.session_id,
          sessionNonce: row.session_nonce,
          sequence: row.sequence,
          sealingKey: SealingJwkSchema.parse(row.sealing_key),
        };
  }

  /** From here on the terminal can do nothing. Revoked again, it stays revoked since the first time. */
  async revoke(tx: Tx, terminalId: string): Promise<void> {
    await tx.terminal.updateMany({
      where: { terminalId, revokedAt: null },
      data: { revokedAt: new Date(), sessionId: null, sessionNonce: null, credentials: {} },
    });
  }
}

const Credentials = z.record(z.string(), z.string());

function stored(row: TerminalRow): StoredTerminal;
function stored(row: TerminalRow | null): StoredTerminal | null;
function stored(row: TerminalRow | null): StoredTerminal | null {
  if (row === null) return null;
  return {
    ...row,
    signingKey: SigningJwkSchema.parse(row.signingKey),
    sealingKey: SealingJwkSchema.parse(row.sealingKey),
    credentials: Credentials.parse(row.credentials),
  };
}
