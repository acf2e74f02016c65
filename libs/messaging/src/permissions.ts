/** The configuration of nats-server, with the permissions that follow from the contracts and from nothing else. */
import { SERVICES, type ServiceName } from '@enishi/contracts';
import { DEAD_LETTER_STREAM_MAX_BYTES, EVENT_STREAM_MAX_BYTES, MAX_PAYLOAD_BYTES } from './limits.js';
import { durableOf, inboxPrefixOf, roleOf, streamOf, subjectPattern } from './names.js';

export interface Permissions {
  /** Subjects that the service may publish to, besides the replies to what it was asked. */
  publish: readonly string[];
  /** Subjects that it may subscribe to; `subject queue` only in that queue group. */
  subscribe: readonly string[];
}

/** What one service may do on the bus. */
export function permissionsOf(service: ServiceName): Permissions {
  const { answers, calls, emits, hears } = roleOf(service);
  return {
    publish: [
      ...calls.map(subjectPattern),
      ...emits.map(({ subject }) => subject),
      ...(hears.length > 0 ? [`dead-letter.${service}.>`] : []),
      ...hears.flatMap((event) => {
        const consumer = `${streamOf(event.owner)}.${durableOf(service, event)}`;
        return [`$JS.API.CONSUMER.INFO.${consumer}`, `$JS.API.CONSUMER.MSG.NEXT.${consumer}`, `$JS.ACK.${consumer}.>`];
      }),
    ],
    subscribe: [
      ...answers.map((request) => (request.addressedBy === undefined ? `${request.subject} ${service}` : subjectPattern(request))),
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
}

/** Time of a client to log in, seconds. */
export const AUTHORIZATION_SECONDS = 5;

export interface NatsUser {
  readonly nkey: string;
  /** Absent: the operator, who may do everything. */
  readonly permissions?: {
    readonly publish: { readonly allow: readonly string[] };
    readonly subscribe: { readonly allow: readonly string[] };
    readonly allow_responses: { readonly max: number; readonly expires: string };
  };
}

/** The users of nats-server, in the form of its configuration: JSON is a part of it. */
export function natsUsers({ users, operator }: Pick<NatsServerConfigOptions, 'users' | 'operator'>): NatsUser[] {
  return [
    { nkey: operator },
    ...SERVICES.flatMap((service): NatsUser[] => {
      const nkey = users[service];
      if (nkey === undefined) return [];
      const { publish, subscribe } = permissionsOf(service);
      // One reply to each request that the server has handed to it.
      const responses = { max: 1, expires: '2m' };
      return [{ nkey, permissions: { publish: { allow: publish }, subscribe: { allow: subscribe }, allow_responses: responses } }];
    }),
  ];
}

/** Text of a configuration file of nats-server. */
export function natsServerConfig(options: NatsServerConfigOptions): string {
  const { users, operator, port, storeDir, host = '127.0.0.1', tls, monitorPort, serverName = 'enishi' } = options;
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
    `authorization: ${JSON.stringify({ timeout: AUTHORIZATION_SECONDS, users: natsUsers({ users, operator }) }, null, 2)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function quoted(text: string): string {
  if (/["\\\r\n]/.test(text)) throw new TypeError('a value of the server configuration has a quote, a backslash or a line end');
  return `"${text}"`;
}
