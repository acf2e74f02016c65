export { EVENTS, REQUESTS, ROUTES } from './catalog.js';
export { CAUSES, Cause } from './causes.js';
export { connectionErased } from './command-dispatcher/connection-erased.js';
export { enrolTerminal } from './command-dispatcher/enrol-terminal.js';
export { getOrder } from './command-dispatcher/get-order.js';
export { openSession } from './command-dispatcher/open-session.js';
export {
  Connection,
  ConnectorSummary,
  createConnection,
  createEnrolmentCode,
  eraseConnection,
  getRun,
  listConnections,
  listConnectors,
  listTerminals,
  Run,
  RunProgress,
  RunState,
  revokeTerminal,
  startRun,
  Terminal,
  watchRun,
} from './command-dispatcher/routes.js';
export { runEnded } from './command-dispatcher/run-ended.js';
export {
  Connector,
  ConnectorPage,
  ConnectorRequest,
  Extract,
  FieldValue,
  PageVerdict,
  Pattern,
  Transition,
} from './connector.js';
export { AccountId, ConnectionId, EventId, HolderId, OrderId, RunId, SessionId, TerminalId, TransactionId } from './ids.js';
export { DEVELOPMENT_ISSUER, INTERNAL_TOKEN_TYP, InternalTokenClaims } from './internal-token.js';
export {
  type DeclaredErrors,
  type ErrorKind,
  type EventContract,
  event,
  type In,
  type MessageContract,
  type Out,
  type Payload,
  type RequestContract,
  request,
  type Samples,
} from './message.js';
export { SERVICES, type ServiceName, schemaOf } from './names.js';
export { acceptResult } from './parser/accept-result.js';
export { commitRun, Reconciliation } from './parser/commit-run.js';
export { pageRead } from './parser/page-read.js';
export {
  AccessPolicy,
  Account,
  Amount,
  ClientId,
  listAccess,
  listAccounts,
  listTransactions,
  removeAccess,
  setAccess,
  Transaction,
} from './parser/routes.js';
export { type RouteContract, type RouteInput, type RouteOutput, route } from './route.js';
export {
  AgentFrame,
  MAX_FRAME_BYTES,
  PING_INTERVAL_MS,
  RelayFrame,
  SILENCE_LIMIT_MS,
  TERMINAL_PATH,
  TERMINAL_SUBPROTOCOL,
  Traceparent,
} from './terminal/frames.js';
export {
  AgentKeys,
  CompactJwe,
  CompactJws,
  EnrolmentReceipt,
  EnrolmentRequest,
  KeyStatement,
  KeyUse,
  RootStatement,
  SealingJwk,
  SessionProof,
  SigningJwk,
} from './terminal/keys.js';
export { Order, Sha256 } from './terminal/order.js';
export { Result } from './terminal/result.js';
export { closeSession } from './terminal-relay/close-session.js';
export { deliverOrder } from './terminal-relay/deliver-order.js';
export { getPresence, Presence } from './terminal-relay/get-presence.js';
export { terminalAttached } from './terminal-relay/terminal-attached.js';
export { clip, Day, Moment, Text } from './values.js';
