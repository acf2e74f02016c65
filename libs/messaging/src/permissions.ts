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
    'authorization {',
    '  timeout: 5',
    '  users: [',
    `    { nkey: ${quoted(operator)} }`,
    ...SERVICES.flatMap((service) => {
      const key = users[service];
      return key === undefined ? [] : userLines(service, key);
    }),
    '  ]',
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

function userLines(service: ServiceName, key: string): string[] {
  const { publish, subscribe } = permissionsOf(service);
  const list = (subjects: readonly string[]) => `[${subjects.map((subject) => `\n          ${quoted(subject)}`).join('')}\n        ]`;
  return [
    `    # ${service}`,
    '    {',
    `      nkey: ${quoted(key)}`,
    '      permissions: {',
    `        publish: { allow: ${list(publish)} }`,
    `        subscribe: { allow: ${list(subscribe)} }`,
    // One reply to each request that the server has handed to it.
    '        allow_responses: { max: 1, expires: "2m" }',
    '      }',
    '    }',
  ];
}

function quoted(text: string): string {
  if (/["\\\r\n]/.test(text)) throw new TypeError('a value of the server configuration has a quote, a backslash or a line end');
  return `"${text}"`;
}
