import type { Payload, terminalAttached } from '@enishi/contracts';
import { Injectable } from '@nestjs/common';
import type { Tx } from '../database.store.js';
import { RunStore } from '../run.store.js';

/** A terminal is back: its runs go on. Heard twice, it wakes what is awake. */
@Injectable()
export class HearTerminalAttached {
  constructor(private readonly runs: RunStore) {}

  async run({ terminalId, sessionId }: Payload<typeof terminalAttached>, tx: Tx): Promise<void> {
    await this.runs.wakeForSession(tx, terminalId, sessionId);
  }
}
