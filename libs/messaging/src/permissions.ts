/** The configuration of nats-server, with the permissions that follow from the contracts and from nothing else. */
import { SERVICES, type ServiceName } from '@enishi/contracts';
import { DEAD_LETTER_STREAM_MAX_BYTES, EVENT_STREAM_MAX_BYTES, MAX_PAYLOAD_BYTES, SERVICE_MAX_CONNECTIONS } from './limits.js';
import { durableOf, inboxPrefixOf, roleOf, STREAMS_API, streamOf, subjectPattern } from './names.js';

export interface Permissions {
  /** Subjects that the service may publish to, besides the replies to what it was asked. */
  publish: readonly string[];
  /** Subjects that it may subscribe to; `subject queue` only in that queue group. */
  subscribe: readonly string[];
}

/** Account of the streams, their durables and the operator. No service is in it: what JetStream does with its own rights stays there. */
export const STREAMS_ACCOUNT = 'streams';

/** A subject on which a service asks another account. */
interface Crossing {
  readonly to: ServiceName | typeof STREAMS_ACCOUNT;
  /** As the account that answers knows it. */
  readonly subject: string;
  /** As the account that asks knows it. */
  readonly local: string;
  /** A pull is answered by many messages, everything else by one. */
  readonly manyAnswers: boolean;
}

/** All that a service may send to other accounts, from its contracts. The server lets nothing else cross. */
function crossingsOf(service: ServiceName): Crossing[] {
  const { calls, emits, hears } = roleOf(service);
  const asked = (to: Crossing['to'], subject: string): Crossing => ({ to, subject, local: subject, manyAnswers: false });
  const api = (verb: string, manyAnswers = false): Crossing => ({
    to: STREAMS_ACCOUNT,
    subject: `$JS.API.${verb}`,
    local: `${STREAMS_API}.${verb}`,
    manyAnswers,
  });
  return [
    ...calls.map((request) => asked(request.owner, subjectPattern(request))),
    ...emits.map(({ subject }) => asked(STREAMS_ACCOUNT, subject)),
    // Is the own stream there?
    ...(emits.length > 0 ? [api(`STREAM.INFO.${streamOf(service)}`)] : []),
    ...(hears.length > 0 ? [asked(STREAMS_ACCOUNT, `dead-letter.${service}.>`)] : []),
    ...hears.flatMap((event) => {
      const consumer = `${streamOf(event.owner)}.${durableOf(service, event)}`;
      return [
        api(`CONSUMER.INFO.${consumer}`),
        api(`CONSUMER.MSG.NEXT.${consumer}`, true),
        asked(STREAMS_ACCOUNT, `$JS.ACK.${consumer}.>`),
      ];
    }),
  ];
}

/** What one service may do in its own account. */
export function permissionsOf(service: ServiceName): Permissions {
  return {
    publish: crossingsOf(service).map(({ local }) => local),
    subscribe: [
      ...roleOf(service).answers.map((request) =>
        request.addressedBy === undefined ? `${request.subject} ${service}` : subjectPattern(request),
      ),
      `${inboxPrefixOf(service)}.>`,
    ],
  };
}

export interface NatsServerConfigOptions {
  /** Public NKeys. A service that is left out cannot connect. */
  users: Partial<Readonly<Record<ServiceName, string>>>;
  /** Public NKey of the operator, who may do everything: provisioning, dead letters. */
  operator: string;
  /** -1: any free one. */
  port: number;
  /** Directory of JetStream's files. */
  storeDir: string;
  /** Default 127.0.0.1. */
  host?: string;
  tls?: { certFile: string; keyFile: string };
  /** Port of the server's own /healthz and /varz, on the same host. */
  monitorPort?: number;
  /** Default `enishi`. */
  serverName?: string;
  /** Stands before the name of each account: `natsAccounts`. Default: nothing. */
  prefix?: string | undefined;
}

/** Time of a client to log in, seconds. */
export const AUTHORIZATION_SECONDS = 5;

/** What may stand before the name of an account. */
export const ACCOUNT_PREFIX = /^[a-z][a-z0-9-]{0,30}-$/;

export interface NatsUser {
  readonly nkey: string;
  /** Absent: the operator, who may do everything in the account of the streams. */
  readonly permissions?: {
    readonly publish: { readonly allow: readonly string[] };
    readonly subscribe: { readonly allow: readonly string[] };
    readonly allow_responses: { readonly max: number; readonly expires: string };
  };
}

/** What an account lets the named accounts ask. A pull has many answers; every other request has one. */
export interface NatsExport {
  readonly service: string;
  readonly accounts: readonly string[];
  readonly response_type?: 'stream';
}

export interface NatsImport {
  readonly service: { readonly account: string; readonly subject: string };
  /** Its name in the account that imports. */
  readonly to?: string;
}

export interface NatsAccount {
  readonly jetstream?: 'enabled';
  readonly limits?: { readonly max_connections: number };
  readonly users: readonly NatsUser[];
  readonly exports: readonly NatsExport[];
  readonly imports: readonly NatsImport[];
}

/**
 * The accounts of nats-server, in the form of its configuration: JSON is a part of it. Each service has an account of its
 * own. JetStream answers with its own rights on whatever subject a client names; between accounts the server puts a subject
 * of its own in that place, so that the answer ends in the account that asked and reaches nothing else.
 * `prefix` stands before the name of each account: two platforms on one server then share no subject and no stream.
 */
export function natsAccounts(options: Pick<NatsServerConfigOptions, 'users' | 'operator' | 'prefix'>): Record<string, NatsAccount> {
  const { users, operator, prefix = '' } = options;
  if (prefix !== '' && !ACCOUNT_PREFIX.test(prefix))
    throw new TypeError('a prefix has lower-case letters and digits, and ends in a hyphen');
  const all = SERVICES.flatMap((from) => crossingsOf(from).map((crossing) => ({ from, ...crossing })));
  const exportsOf = (account: string) =>
    all
      .filter(({ to }) => to === account)
      .map(({ from, subject, manyAnswers }): NatsExport => {
        const allowed = { service: subject, accounts: [`${prefix}${from}`] };
        return manyAnswers ? { ...allowed, response_type: 'stream' } : allowed;
      });
  const accounts: [name: string, NatsAccount][] = SERVICES.map((service) => [
    service,
    {
      limits: { max_connections: SERVICE_MAX_CONNECTIONS },
      users: userOf(service, users[service]),
      exports: exportsOf(service),
      imports: crossingsOf(service).map(({ to, subject, local }): NatsImport => {
        const imported = { service: { account: `${prefix}${to}`, subject } };
        return local === subject ? imported : { ...imported, to: local };
      }),
    },
  ]);
  accounts.push([STREAMS_ACCOUNT, { jetstream: 'enabled', users: [{ nkey: operator }], exports: exportsOf(STREAMS_ACCOUNT), imports: [] }]);
  return Object.fromEntries(accounts.map(([name, account]) => [`${prefix}${name}`, account]));
}

function userOf(service: ServiceName, nkey: string | undefined): NatsUser[] {
  if (nkey === undefined) return [];
  const { publish, subscribe } = permissionsOf(service);
  // One reply to each request that the server has handed to it.
  const responses = { max: 1, expires: '2m' };
  return [{ nkey, permissions: { publish: { allow: publish }, subscribe: { allow: subscribe }, allow_responses: responses } }];
}

/** Text of a configuration file of nats-server. */
export function natsServerConfig(options: NatsServerConfigOptions): string {
  const { port, storeDir, host = '127.0.0.1', tls, monitorPort, serverName = 'enishi' } = options;
  const fileBytes = SERVICES.length * EVENT_STREAM_MAX_BYTES + DEAD_LETTER_STREAM_MAX_BYTES;
  const lines = [
    '# Generated from the contracts; change those instead.',
    `server_name: ${quoted(serverName)}`,
    `host: ${quoted(host)}`,
    `port: ${port}`,
    ...(monitorPort === undefined ? [] : [`http: ${quoted(`${host}:${monitorPort}`)}`]),
    `max_payload: ${MAX_PAYLOAD_BYTES}`,
    'max_connections: 1000',
    'max_subscriptions: 100000',
    'write_deadline: "10s"',
    'ping_interval: "20s"',
    'ping_max: 2',
    'lame_duck_duration: "30s"',
    'jetstream {',
    `  store_dir: ${quoted(storeDir)}`,
    '  max_memory_store: 67108864',
    `  max_file_store: ${fileBytes}`,
    '}',
    ...(tls === undefined ? [] : ['tls {', `  cert_file: ${quoted(tls.certFile)}`, `  key_file: ${quoted(tls.keyFile)}`, '}']),
    `authorization: { timeout: ${AUTHORIZATION_SECONDS} }`,
    `accounts: ${JSON.stringify(natsAccounts(options), null, 2)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function quoted(text: string): string {
  if (/["\\\r\n]/.test(text)) throw new TypeError('a value of the server configuration has a quote, a backslash or a line end');
  return `"${text}"`;
}
