/** Runs and connections as the HTTP doors show them. */
import type { Connection, ConnectionId, Run, RunId, TerminalId } from '@enishi/contracts';
import { Cause } from '@enishi/contracts';
import type { z } from 'zod';
import type { StoredConnection } from './connection.store.js';
import { causeReport } from './journal.js';
import type { StoredRun } from './run.store.js';

export function reportRun(run: StoredRun): z.infer<typeof Run> {
  return {
    runId: run.runId as RunId,
    connectionId: run.connectionId as ConnectionId,
    state: run.state,
    cause: run.cause === null ? null : causeReport(run.cause, run.causeDetail),
    period: { from: dateOf(run.periodFrom), to: dateOf(run.periodTo) },
    steps: run.loop.steps,
    startedAt: run.startedAt.toISOString(),
    endedAt: run.endedAt?.toISOString() ?? null,
  };
}

export function reportConnection(connection: StoredConnection, lastRun: StoredRun | null): z.infer<typeof Connection> {
  return {
    connectionId: connection.connectionId as ConnectionId,
    connectorId: connection.connectorId,
    terminalId: connection.terminalId as TerminalId,
    label: connection.label,
    createdAt: connection.createdAt.toISOString(),
    stoppedBy: connection.stoppedBy === null ? null : Cause.parse(connection.stoppedBy),
    lastRun: lastRun && reportRun(lastRun),
  };
}

/** YYYY-MM-DD of a date column. */
export function dateOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
