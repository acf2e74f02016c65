export { bankDayOf } from './bank-day.js';
export { CAUSES, Cause } from './causes.js';
export {
  Connector,
  ConnectorPage,
  ConnectorRequest,
  Extract,
  FieldValue,
  MAX_ONCE_PER_DAY,
  PageVerdict,
  Pattern,
  Transition,
} from './connector.js';
export * from './generated/messages.js';
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
  AgentDescription,
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
export { clip, Day, Moment, Text } from './values.js';
