import { getPresence, type HolderId, type listTerminals, type RouteOutput, type Terminal, type TerminalId } from '@enishi/contracts';
import { Bus } from '@enishi/messaging';
import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { type StoredTerminal, TerminalStore } from '../terminal.store.js';

/** As many as one question to the relay may name. */
const PRESENCE_BATCH = 100;
type Seen = { readonly attached: boolean; readonly lastSeenAt: string };

@Injectable()
export class ListTerminals {
  constructor(
    private readonly bus: Bus,
    private readonly terminals: TerminalStore,
  ) {}

  async run(holderId: HolderId): Promise<RouteOutput<typeof listTerminals>> {
    const terminals = await this.terminals.listOfHolder(holderId);
    const seen = await this.presenceOf(terminals.filter((terminal) => terminal.revokedAt === null).map((t) => t.terminalId as TerminalId));
    return { terminals: terminals.map((terminal) => shown(terminal, seen)) };
  }

  /** Undefined when it cannot be told now: the list is of use without it. */
  private async presenceOf(ids: TerminalId[]): Promise<ReadonlyMap<string, Seen> | undefined> {
    const seen = new Map<string, Seen>();
    try {
      for (let at = 0; at < ids.length; at += PRESENCE_BATCH) {
        const { terminals } = await this.bus.request(getPresence, { terminalIds: ids.slice(at, at + PRESENCE_BATCH) });
        for (const { terminalId, ...presence } of terminals) seen.set(terminalId, presence);
      }
      return seen;
    } catch {
      return undefined;
    }
  }
}

function shown(terminal: StoredTerminal, seen: ReadonlyMap<string, Seen> | undefined): z.infer<typeof Terminal> {
  const presence = seen?.get(terminal.terminalId);
  return {
    terminalId: terminal.terminalId as TerminalId,
    label: terminal.label,
    hostname: terminal.hostname,
    agentVersion: terminal.agentVersion,
    enrolledAt: terminal.enrolledAt.toISOString(),
    revokedAt: terminal.revokedAt?.toISOString() ?? null,
    attached: terminal.revokedAt !== null ? false : seen === undefined ? null : (presence?.attached ?? false),
    lastSeenAt: presence?.lastSeenAt ?? null,
  };
}
