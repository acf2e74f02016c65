/** The HTTP doors of command-dispatcher: terminals, connections, runs. */
import { z } from 'zod';
import { Cause } from '../causes.js';
import { PageVerdict } from '../connector.js';
import { ConnectionId, RunId, TerminalId } from '../ids.js';
import { Reconciliation } from '../parser/commit-run.js';
import { route } from '../route.js';
import { Day, Moment, Text } from '../values.js';

const OWNER = 'command-dispatcher';

export const Terminal = z.strictObject({
  terminalId: TerminalId,
  label: Text,
  hostname: Text,
  agentVersion: Text,
  enrolledAt: Moment,
  revokedAt: Moment.nullable(),
  /** null: presence cannot be told now. */
  attached: z.boolean().nullable(),
  lastSeenAt: Moment.nullable(),
});
export const ConnectorSummary = z.strictObject({
  connectorId: Text,
  version: z.number().int(),
  name: z.strictObject({ en: Text, ja: Text }),
  institution: z.strictObject({ code: Text, name: Text }),
});
export const RunState = z.enum(['ready', 'waiting', 'away', 'committing', 'finished', 'failed']);
export type RunState = z.infer<typeof RunState>;
const CauseReport = z.strictObject({
  code: Cause,
  actor: z.enum(['user', 'bank', 'agent', 'us']),
  retry: z.enum(['never', 'after_user', 'backoff']),
  text: z.strictObject({ en: Text, ja: Text }),
  detail: Text.nullable(),
});
export const Run = z.strictObject({
  runId: RunId,
  connectionId: ConnectionId,
  state: RunState,
  cause: CauseReport.nullable(),
  period: z.strictObject({ from: Day, to: Day }),
  steps: z.number().int(),
  startedAt: Moment,
  endedAt: Moment.nullable(),
});
export const Connection = z.strictObject({
  connectionId: ConnectionId,
  connectorId: Text,
  terminalId: TerminalId,
  label: Text,
  createdAt: Moment,
  /** Set while a rejected login stops the connection: cleared when the user changes the secrets on the PC. */
  stoppedBy: Cause.nullable(),
  lastRun: Run.nullable(),
});
/** One line of a run's journal, as shown to the person who waits. */
export const RunProgress = z.strictObject({
  /** Position in the journal; also the id of the server-sent event. */
  seq: z.number().int().min(1),
  at: Moment,
  kind: z.enum(['started', 'ordered', 'delivered', 'terminal_away', 'read', 'committed', 'finished', 'failed']),
  step: z.number().int(),
  request: Text.nullable(),
  page: Text.nullable(),
  verdict: PageVerdict.nullable(),
  rows: z.number().int().nullable(),
  cause: CauseReport.nullable(),
  accounts: z
    .array(z.strictObject({ accountId: Text, read: z.number().int(), added: z.number().int(), reconciliation: Reconciliation }))
    .nullable(),
});
export type RunProgress = z.infer<typeof RunProgress>;

const Label = Text.trim().min(1).max(80);

export const createEnrolmentCode = route(OWNER, 'POST', '/v1/enrolment-codes', {
  operationId: 'createEnrolmentCode',
  summary: 'Makes a one-time code to enrol a terminal',
  scope: 'terminals',
  status: 201,
  body: z.strictObject({ label: Label }),
  output: z.strictObject({ code: Text, expiresAt: Moment }),
  errors: { too_many_codes: 'conflict' },
});
export const listTerminals = route(OWNER, 'GET', '/v1/terminals', {
  operationId: 'listTerminals',
  summary: "Lists the holder's terminals",
  scope: 'terminals',
  output: z.strictObject({ terminals: z.array(Terminal) }),
});
export const revokeTerminal = route(OWNER, 'DELETE', '/v1/terminals/{terminalId}', {
  operationId: 'revokeTerminal',
  summary: 'Revokes a terminal: it can do nothing from this moment',
  scope: 'terminals',
  status: 204,
  params: z.strictObject({ terminalId: TerminalId }),
  errors: { terminal_unknown: 'missing' },
});
export const listConnectors = route(OWNER, 'GET', '/v1/connectors', {
  operationId: 'listConnectors',
  summary: 'Lists the banks that can be connected',
  scope: 'connections',
  output: z.strictObject({ connectors: z.array(ConnectorSummary) }),
});
export const createConnection = route(OWNER, 'POST', '/v1/connections', {
  operationId: 'createConnection',
  summary: 'Connects a bank through a terminal',
  scope: 'connections',
  status: 201,
  body: z.strictObject({ connectorId: Text.max(40), terminalId: TerminalId, label: Label }),
  output: Connection,
  errors: { connector_unknown: 'missing', terminal_unknown: 'missing', too_many_connections: 'conflict' },
});
export const listConnections = route(OWNER, 'GET', '/v1/connections', {
  operationId: 'listConnections',
  summary: "Lists the holder's connections and their last runs",
  scope: 'connections',
  output: z.strictObject({ connections: z.array(Connection) }),
});
export const eraseConnection = route(OWNER, 'DELETE', '/v1/connections/{connectionId}', {
  operationId: 'eraseConnection',
  summary: 'Erases a connection and all that came through it',
  scope: 'connections',
  status: 204,
  params: z.strictObject({ connectionId: ConnectionId }),
  errors: { connection_unknown: 'missing' },
});
export const startRun = route(OWNER, 'POST', '/v1/connections/{connectionId}/runs', {
  operationId: 'startRun',
  summary: 'Starts to fetch from the bank',
  scope: 'runs',
  status: 202,
  params: z.strictObject({ connectionId: ConnectionId }),
  body: z.strictObject({ from: Day.optional(), to: Day.optional() }),
  output: Run,
  errors: { connection_unknown: 'missing', run_under_way: 'conflict', connection_stopped: 'conflict', period_not_valid: 'invalid' },
});
export const getRun = route(OWNER, 'GET', '/v1/runs/{runId}', {
  operationId: 'getRun',
  summary: 'Tells how a run stands',
  scope: 'runs',
  params: z.strictObject({ runId: RunId }),
  output: Run,
  errors: { run_unknown: 'missing' },
});
export const watchRun = route(OWNER, 'GET', '/v1/runs/{runId}/events', {
  operationId: 'watchRun',
  summary: 'Tells the progress of a run as server-sent events, to its end',
  scope: 'runs',
  responds: 'event-stream',
  params: z.strictObject({ runId: RunId }),
  output: RunProgress,
  errors: { run_unknown: 'missing' },
});
