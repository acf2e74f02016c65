import { EVENTS, REQUESTS, SERVICES } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
import { addressedSubject, durableOf, inboxPrefixOf, STREAMS_API, streamOf, subjectPattern } from './names.js';
import { generateNkey } from './nkeys.js';
import { natsAccounts, natsServerConfig, permissionsOf, STREAMS_ACCOUNT } from './permissions.js';

const options = { users: { parser: generateNkey().publicKey }, operator: generateNkey().publicKey, port: 4222, storeDir: '/var/lib/nats' };

describe('permissions', () => {
  it.each(SERVICES)('of %s are what its contracts say, one by one', (service) => {
    const owns = EVENTS.filter(({ owner }) => owner === service);
    const hears = EVENTS.filter(({ hearers }) => hearers.includes(service));
    const durables = hears.map((event) => `${streamOf(event.owner)}.${durableOf(service, event)}`);
    const { publish, subscribe } = permissionsOf(service);
    expect([...publish].sort()).toEqual(
      [
        ...REQUESTS.filter(({ callers }) => callers.includes(service)).map(subjectPattern),
        ...owns.map(({ subject }) => subject),
        ...(owns.length > 0 ? [`${STREAMS_API}.STREAM.INFO.${streamOf(service)}`] : []),
        // What it cannot handle it lays aside under its own name; who hears nothing lays nothing aside.
        ...(hears.length > 0 ? [`dead-letter.${service}.>`] : []),
        ...durables.map((durable) => `${STREAMS_API}.CONSUMER.INFO.${durable}`),
        ...durables.map((durable) => `${STREAMS_API}.CONSUMER.MSG.NEXT.${durable}`),
        ...durables.map((durable) => `$JS.ACK.${durable}.>`),
      ].sort(),
    );
    expect([...subscribe].sort()).toEqual(
      [
        ...REQUESTS.filter(({ owner }) => owner === service).map((request) =>
          request.addressedBy === undefined ? `${request.subject} ${service}` : subjectPattern(request),
        ),
        `${inboxPrefixOf(service)}.>`,
      ].sort(),
    );
  });

  it.each(SERVICES)('of %s name no wildcard that reaches beyond one subject, its inbox or its dead letters', (service) => {
    const { publish, subscribe } = permissionsOf(service);
    for (const subject of [...publish, ...subscribe]) {
      const open = /[*>]/.test(subject);
      const known =
        !open ||
        subject === `_INBOX_${service}.>` ||
        subject === `dead-letter.${service}.>` ||
        REQUESTS.some((request) => request.addressedBy !== undefined && subject === subjectPattern(request)) ||
        EVENTS.some(
          (event) => event.hearers.includes(service) && subject.startsWith('$JS.ACK.') && subject.includes(durableOf(service, event)),
        );
      expect([subject, known]).toEqual([subject, true]);
    }
  });

  it('give no two services a subject to subscribe to', () => {
    const all = SERVICES.flatMap((service) => permissionsOf(service).subscribe);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('accounts', () => {
  const accounts = natsAccounts({ ...options, prefix: 'bank-a-' });
  const crossing = Object.entries(accounts).flatMap(([name, { imports }]) =>
    imports.map(({ service }) => `${name} asks ${service.account} ${service.subject}`),
  );

  it('are one for each service and one for the streams, which alone has JetStream', () => {
    expect(Object.keys(accounts).sort()).toEqual([...SERVICES, STREAMS_ACCOUNT].map((name) => `bank-a-${name}`).sort());
    expect(Object.entries(accounts).flatMap(([name, { jetstream }]) => (jetstream === undefined ? [] : [[name, jetstream]]))).toEqual([
      ['bank-a-streams', 'enabled'],
    ]);
  });

  it('export to nobody but the one account that imports', () => {
    const exported = Object.entries(accounts).flatMap(([name, account]) =>
      account.exports.flatMap(({ service, accounts: to }) => to.map((one) => `${one} asks ${name} ${service}`)),
    );
    expect(exported.sort()).toEqual([...crossing].sort());
    expect(new Set(exported).size).toBe(exported.length);
  });

  it('let requests cross from their callers to their owner, and nothing else between services', () => {
    const between = crossing.filter((line) => !line.includes(' asks bank-a-streams '));
    const called = REQUESTS.flatMap((request) =>
      request.callers.map((caller) => `bank-a-${caller} asks bank-a-${request.owner} ${subjectPattern(request)}`),
    );
    expect(between.sort()).toEqual(called.sort());
  });

  it('let nobody reach a verb of JetStream but the looks and pulls of what is its own', () => {
    for (const line of crossing.filter((one) => one.includes('$JS.')))
      expect(line).toMatch(/ (?:\$JS\.API\.(?:STREAM\.INFO|CONSUMER\.INFO|CONSUMER\.MSG\.NEXT)\.[a-z_0-9.-]+|\$JS\.ACK\.[a-z_0-9.-]+\.>)$/);
  });

  it('let a pull be answered by many messages, and everything else by one', () => {
    for (const { exports } of Object.values(accounts))
      for (const { service, response_type } of exports)
        expect([service, response_type]).toEqual([service, service.startsWith('$JS.API.CONSUMER.MSG.NEXT.') ? 'stream' : undefined]);
  });

  it('give the API of the streams another name where no JetStream answers to its own, and nothing else', () => {
    for (const { imports } of Object.values(accounts))
      for (const imported of imports) {
        const { subject } = imported.service;
        expect(imported).toEqual(
          subject.startsWith('$JS.API.')
            ? { service: imported.service, to: subject.replace('$JS.API.', `${STREAMS_API}.`) }
            : { service: imported.service },
        );
      }
  });

  it('let in the operator and the services whose keys were given; a service replies once to each request', () => {
    const { publish, subscribe } = permissionsOf('parser');
    const users = Object.fromEntries(Object.entries(accounts).map(([name, account]) => [name, account.users]));
    expect(users).toEqual({
      ...Object.fromEntries(SERVICES.map((service) => [`bank-a-${service}`, []])),
      'bank-a-streams': [{ nkey: options.operator }],
      'bank-a-parser': [
        {
          nkey: options.users.parser,
          permissions: { publish: { allow: publish }, subscribe: { allow: subscribe }, allow_responses: { max: 1, expires: '2m' } },
        },
      ],
    });
  });

  it('take as a prefix only what is a name and ends in a hyphen', () => {
    for (const prefix of ['a', '-', 'A-', 'a.b-', 'a b-', 'a-b', 'a-\n', `${'a'.repeat(40)}-`])
      expect(() => natsAccounts({ ...options, prefix })).toThrow('prefix');
  });
});

describe('the server configuration', () => {
  it('is the same for the same contracts, and holds no user that was not given', () => {
    const text = natsServerConfig(options);
    expect(natsServerConfig(options)).toBe(text);
    expect(text).toContain(options.users.parser);
    expect(text.match(/"nkey":/g)).toHaveLength(2);
  });

  /** Without the accounts, which are judged above. */
  const lines = (more: Partial<Parameters<typeof natsServerConfig>[0]> = {}) => {
    const [server = '', accounts = ''] = natsServerConfig({ ...options, ...more }).split('accounts: ');
    expect(JSON.parse(accounts)).toEqual(natsAccounts(options));
    return server.split('\n');
  };
  const limits = [
    'max_payload: 8388608',
    'max_connections: 1000',
    'max_subscriptions: 100000',
    'write_deadline: "10s"',
    'ping_interval: "20s"',
    'ping_max: 2',
    'lame_duck_duration: "30s"',
    'jetstream {',
    '  store_dir: "/var/lib/nats"',
    '  max_memory_store: 67108864',
    `  max_file_store: ${SERVICES.length * 536_870_912 + 268_435_456}`,
    '}',
  ];
  const head = '# Generated from the contracts; change those instead.';

  it('has every limit, and listens on this machine alone, when nothing else is asked for', () => {
    expect(lines()).toEqual([
      head,
      'server_name: "enishi"',
      'host: "127.0.0.1"',
      'port: 4222',
      ...limits,
      'authorization: { timeout: 5 }',
      '',
    ]);
  });

  it('takes TLS, another name and host and a port for monitoring, with the same limits', () => {
    const tls = { certFile: '/a.pem', keyFile: '/a.key' };
    expect(lines({ serverName: 'one', host: '0.0.0.0', tls, monitorPort: 8222 })).toEqual([
      head,
      'server_name: "one"',
      'host: "0.0.0.0"',
      'port: 4222',
      'http: "0.0.0.0:8222"',
      ...limits,
      'tls {',
      '  cert_file: "/a.pem"',
      '  key_file: "/a.key"',
      '}',
      'authorization: { timeout: 5 }',
      '',
    ]);
  });

  it('refuses a value that would break out of its quotes', () => {
    for (const storeDir of ['/a"b', '/a\\b', '/a\nb']) expect(() => natsServerConfig({ ...options, storeDir })).toThrow('quote');
  });
});

it('an address is one token of a subject', () => {
  const [request] = REQUESTS.filter(({ addressedBy }) => addressedBy !== undefined);
  if (request === undefined) throw new Error('there is no addressed request');
  expect(addressedSubject(request, 'sess_1')).toBe(`${request.subject}.sess_1`);
  for (const wrong of ['', '*', '>', 'a.b', 'a b', 'a\n', 'x'.repeat(101)])
    expect(() => addressedSubject(request, wrong)).toThrow(TypeError);
});

it('durables have names that NATS takes, each its own', () => {
  const names = EVENTS.flatMap((event) => event.hearers.map((hearer) => durableOf(hearer, event)));
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,255}$/);
});
