export { type AddressedAnswer, Bus, type BusOptions, connectBus, type OutboxRow, type OutboxWriter } from './bus.js';
export type { NatsLogin } from './connection.js';
export { type DeadLetter, DeadLetters } from './dead-letters.js';
export { Answers, Hears } from './decorators.js';
export type { Inbox } from './hearing.js';
export { MAX_PAYLOAD_BYTES } from './limits.js';
export { generateNkey } from './nkeys.js';
export {
  ACCOUNT_PREFIX,
  AUTHORIZATION_SECONDS,
  type NatsServerConfigOptions,
  natsAccounts,
  natsServerConfig,
  type Permissions,
  permissionsOf,
} from './permissions.js';
export { type Provisioned, type ProvisionOptions, provision } from './provision.js';
export { EnishiTransport, type TransportOptions } from './transport.js';
