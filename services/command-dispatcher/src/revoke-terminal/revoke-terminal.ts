import { closeSession, type HolderId, revokeTerminal, type SessionId, type TerminalId } from '@enishi/contracts';
import { failure } from '@enishi/errors';
import { Bus } from '@enishi/messaging';
import { Injectable } from '@nestjs/common';
import { Database } from '../database.store.js';
import { DriveRuns } from '../drive-run/drive-runs.js';
import { events } from '../events.js';
import { TerminalStore } from '../terminal.store.js';

/** A9: from the commit on the terminal can do nothing: no order is issued to it, no result or hello of it is taken. */
@Injectable()
export class RevokeTerminal {
  constructor(
    private readonly bus: Bus,
    private readonly database: Database,
    private readonly terminals: TerminalStore,
    private readonly driver: DriveRuns,
  ) {}

  async run(holderId: HolderId, terminalId: TerminalId): Promise<void> {
    const sessionId = await this.database.transaction(async (tx) => {
      const terminal = await this.terminals.lock(tx, terminalId);
      if (terminal === null || terminal.holderId !== holderId)
        throw failure(revokeTerminal, 'terminal_unknown', 'There is no such terminal.', { place: 'params.terminalId' });
      await this.terminals.revoke(tx, terminalId);
      return terminal.sessionId;
    });
    events.terminalRevoked({ terminalId });
    // Dying here: the socket stays open, but nothing goes through it any more; a run of a revoked terminal is due for
    // every driver, and is ended as AGENT_REVOKED by the next that looks.
    this.driver.poke();
    if (sessionId !== null)
      await this.bus.request(closeSession, { sessionId: sessionId as SessionId, reason: 'revoked' }).catch(() => undefined);
  }
}
