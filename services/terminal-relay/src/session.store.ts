/** Rows of sessions: who is attached where, as far as Postgres was told. Routing does not depend on them. */
import { randomUUID } from 'node:crypto';
import type { SessionId, TerminalId } from '@enishi/contracts';
import { Injectable } from '@nestjs/common';
import { Database, type Tx } from './database.store.js';

/** Why a session ended. `lost`: the replica that held it died. */
export type DetachReason = 'closed' | 'silent' | 'replaced' | 'revoked' | 'draining' | 'misbehaved' | 'lost';

/** A session that was not touched for so long is not attached, whatever its row says: its replica has died. */
export const STALE_MS = 30_000;
const KEEP_DETACHED_DAYS = 7;

@Injectable()
export class SessionStore {
  /** Names this process in the rows. */
  readonly replica = randomUUID();

  constructor(private readonly database: Database) {}

  async attach(tx: Tx, sessionId: SessionId, terminalId: TerminalId): Promise<Date> {
    const row = await tx.session.create({ data: { sessionId, terminalId, replica: this.replica } });
    return row.attachedAt;
  }

  async detach(sessionId: SessionId, reason: DetachReason): Promise<void> {
    await this.database.client.$executeRaw`
      UPDATE sessions SET detached_at = clock_timestamp(), reason = ${reason} WHERE session_id = ${sessionId} AND detached_at IS NULL`;
  }

  /** Those from whom something was heard since the last time. */
  async touch(sessionIds: SessionId[]): Promise<void> {
    if (sessionIds.length === 0) return;
    await this.database.client.$executeRaw`
      UPDATE sessions SET last_seen_at = clock_timestamp() WHERE session_id = ANY(${sessionIds}) AND detached_at IS NULL`;
  }

  /** All that this process still holds, at its end. */
  async detachAll(): Promise<void> {
    await this.database.client.$executeRaw`
      UPDATE sessions SET detached_at = clock_timestamp(), reason = 'draining' WHERE replica = ${this.replica} AND detached_at IS NULL`;
  }

  /** Closes the rows of replicas that died, and drops old ones; the last of each terminal stays, for "last seen". */
  async tidy(): Promise<void> {
    await this.database.client.$executeRaw`
      UPDATE sessions SET detached_at = last_seen_at, reason = 'lost'
      WHERE detached_at IS NULL AND last_seen_at < clock_timestamp() - interval '1 millisecond' * ${2 * STALE_MS}::float8`;
    await this.database.client.$executeRaw`
      DELETE FROM sessions s WHERE s.detached_at < clock_timestamp() - interval '1 day' * ${KEEP_DETACHED_DAYS}::float8
        AND EXISTS (SELECT 1 FROM sessions newer WHERE newer.terminal_id = s.terminal_id AND newer.attached_at > s.attached_at)`;
  }

  /** The last session of each of these terminals. */
  async presence(terminalIds: TerminalId[]): Promise<{ terminalId: TerminalId; attached: boolean; lastSeenAt: Date }[]> {
    const rows = await this.database.client.$queryRaw<{ terminal_id: string; attached: boolean; last_seen_at: Date }[]>`
      SELECT DISTINCT ON (terminal_id) terminal_id, last_seen_at,
        detached_at IS NULL AND last_seen_at > clock_timestamp() - interval '1 millisecond' * ${STALE_MS}::float8 AS attached
      FROM sessions WHERE terminal_id = ANY(${terminalIds}) ORDER BY terminal_id, attached_at DESC`;
    return rows.map((row) => ({ terminalId: row.terminal_id as TerminalId, attached: row.attached, lastSeenAt: row.last_seen_at }));
  }
}
