import { EVENTS, REQUESTS, SERVICES } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
import { addressedSubject, durableOf, subjectPattern } from './names.js';
import { generateNkey } from './nkeys.js';
import { natsAccounts, natsServerConfig, permissionsOf, STREAMS_ACCOUNT } from './permissions.js';

const options = { users: { parser: generateNkey().publicKey }, operator: generateNkey().publicKey, port: 4222, storeDir: '/var/lib/nats' };

describe('permissions', () => {
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
    expect(Object.entries(accounts).flatMap(([name, { jetstream }]) => (jetstream === undefined ? [] : [name]))).toEqual([
      'bank-a-streams',
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

  it('take as a prefix only what is a name and ends in a hyphen', () => {
    for (const prefix of ['a', '-', 'A-', 'a.b-', 'a b-', `${'a'.repeat(40)}-`])
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

  it('takes TLS, another host and a port for monitoring', () => {
    const text = natsServerConfig({ ...options, host: '0.0.0.0', tls: { certFile: '/a.pem', keyFile: '/a.key' }, monitorPort: 8222 });
    for (const part of ['host: "0.0.0.0"', 'cert_file: "/a.pem"', 'http: "0.0.0.0:8222"']) expect(text).toContain(part);
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
