import type { getPresence, In, Out } from '@enishi/contracts';
import { Injectable } from '@nestjs/common';
import { SessionStore } from '../session.store.js';

@Injectable()
export class GetPresence {
  constructor(private readonly sessions: SessionStore) {}

  async run({ terminalIds }: In<typeof getPresence>): Promise<Out<typeof getPresence>> {
    const rows = await this.sessions.presence(terminalIds);
    return { terminals: rows.map((row) => ({ ...row, lastSeenAt: row.lastSeenAt.toISOString() })) };
  }
}
