/** What ends a run before anything more is asked of the bank. Pure; checks run in this order. */
import type { Cause, RunState } from '@enishi/contracts';

export interface Circumstances {
  readonly state: RunState;
  /** The time of the run is over. */
  readonly late: boolean;
  readonly connectionErased: boolean;
  readonly terminalRevoked: boolean;
  /** The connector is no longer the one that the run began with. */
  readonly connectorReplaced: boolean;
  /** Whether the terminal has the order that is awaited; null: none is. */
  readonly orderTaken: boolean | null;
}

export function whyRunMustEnd(now: Circumstances): { cause: Cause; detail: string | null } | undefined {
  if (now.connectionErased) return { cause: 'CONNECTION_ERASED', detail: null };
  // All has been read: what is left concerns neither terminal nor bank, and what the parser has stored cannot be taken back.
  if (now.state === 'committing') return undefined;
  if (now.terminalRevoked) return { cause: 'AGENT_REVOKED', detail: null };
  if (now.connectorReplaced) return { cause: 'INCOMPLETE_DATA', detail: 'the connector was replaced during the run' };
  if (now.late)
    return now.state === 'away' || now.orderTaken === false
      ? { cause: 'AGENT_OFFLINE', detail: 'the terminal did not take the order in time' }
      : { cause: 'BUDGET_SPENT', detail: 'the time of the run is over' };
  return undefined;
}
