/** That deploy/infra makes the bus and the database that helm/enishi/scenarios/production.yaml names. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES } from '@enishi/contracts';
import { natsServerConfig } from '@enishi/messaging';
import { describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { selects } from '../../deploy/local/src/charts/rules/pods.js';
import { ROOT } from '../../deploy/local/src/layout.js';
import { envOf, ofKind, podOf, renderScenario } from './rendered.js';

const text = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');
const Peer = z.strictObject({
  namespaceSelector: z.strictObject({ matchLabels: z.record(z.string(), z.string()) }),
  podSelector: z.strictObject({ matchLabels: z.record(z.string(), z.string()) }),
});
const production = z
  .looseObject({
    global: z.looseObject({
      bus: z.strictObject({ url: z.url() }),
      database: z.strictObject({ host: z.string(), caSecret: z.string() }),
      networkPolicy: z.looseObject({ busTo: z.array(Peer), databaseTo: z.array(Peer) }),
    }),
    provision: z.strictObject({ replicas: z.number() }),
  })
  .parse(parse(text('helm', 'enishi', 'scenarios', 'production.yaml')));
const rendered = renderScenario('enishi', 'production');
const urlsOf = (name: string) =>
  [...ofKind(rendered, 'Deployment'), ...ofKind(rendered, 'Job')].flatMap((one) => {
    const value = envOf(one)[name];
    return value === undefined ? [] : [new URL(value)];
  });
/** `nats.messaging.svc` → its Service and namespace. */
const placeOf = (host: string) => /^([a-z0-9-]+)\.([a-z0-9-]+)\.svc$/.exec(host)?.slice(1);
/** Where a command in a file's first comment installs: `helm upgrade --install nats nats/nats -n messaging`. */
const told = (file: string, command: RegExp) => command.exec(text('deploy', 'infra', file))?.slice(1);

describe('NATS in production', () => {
  const tls = z.strictObject({ enabled: z.literal(true), secretName: z.string() });
  const nats = z
    .looseObject({
      config: z.looseObject({
        cluster: z.strictObject({
          enabled: z.literal(true),
          replicas: z.number(),
          tls,
          routeURLs: z.strictObject({ useFQDN: z.literal(true) }),
        }),
        jetstream: z.looseObject({
          enabled: z.literal(true),
          fileStore: z.strictObject({ enabled: z.literal(true), pvc: z.strictObject({ size: z.string() }) }),
        }),
        nats: z.strictObject({ tls }),
        merge: z.looseObject({
          max_payload: z.string(),
          max_connections: z.number(),
          write_deadline: z.string(),
          lame_duck_duration: z.string(),
        }),
      }),
      tlsCA: z.strictObject({ enabled: z.literal(true), secretName: z.string(), key: z.literal('ca.crt') }),
    })
    .parse(parse(text('deploy', 'infra', 'nats', 'values.yaml')));
  const [release = '', namespace = ''] = told('nats/values.yaml', /helm upgrade --install (\S+) nats\/nats -n (\S+)/) ?? [];

  it('has three servers, as many as there are copies of each stream', () => {
    expect(nats.config.cluster.replicas).toBe(3);
    expect(production.provision.replicas).toBe(nats.config.cluster.replicas);
    expect(ofKind(rendered, 'Job').flatMap((job) => envOf(job)['NATS_REPLICAS'] ?? [])).toEqual(['3']);
  });

  it('speaks TLS, to clients as among its servers, under the name that every client calls', () => {
    expect(nats.tlsCA.secretName).toBe(nats.config.nats.tls.secretName);
    const urls = [new URL(production.global.bus.url), ...urlsOf('NATS_URL')];
    expect(urls).toHaveLength(SERVICES.length + 2);
    for (const { protocol, hostname, port } of urls) {
      expect([protocol, port]).toEqual(['tls:', '4222']);
      expect(placeOf(hostname)).toEqual([release, namespace]);
    }
    // The certificate's names, as the file asks for them.
    expect(text('deploy', 'infra', 'nats', 'values.yaml')).toContain(`${release}.${namespace}.svc`);
  });

  it('is where the policies let the services go', () => {
    // Labels that the chart gives its pods.
    const labels = { 'app.kubernetes.io/name': 'nats', 'app.kubernetes.io/instance': release, 'app.kubernetes.io/component': 'nats' };
    const goes = production.global.networkPolicy.busTo.filter(
      (peer) => selects(peer.namespaceSelector, { 'kubernetes.io/metadata.name': namespace }) && selects(peer.podSelector, labels),
    );
    expect(goes).toHaveLength(1);
  });

  it('has the limits of the server that is tested, and room for every stream', () => {
    const tested = natsServerConfig({ users: {}, operator: 'U', port: 4222, storeDir: '/data' });
    const limit = (name: string) => new RegExp(`^\\s*${name}: "?([^"\\n]+)"?$`, 'm').exec(tested)?.[1];
    const { max_payload, max_connections, write_deadline, lame_duck_duration } = nats.config.merge;
    // The chart takes the quotes off what stands in << >>; MB is 1024² to nats-server.
    expect(Number(/^<< (\d+)MB >>$/.exec(max_payload)?.[1]) * 1024 ** 2).toBe(Number(limit('max_payload')));
    expect(max_connections).toBe(Number(limit('max_connections')));
    expect([write_deadline, lame_duck_duration]).toEqual([limit('write_deadline'), limit('lame_duck_duration')]);
    const size = Number(/^(\d+)Gi$/.exec(nats.config.jetstream.fileStore.pvc.size)?.[1]) * 1024 ** 3;
    expect(size).toBeGreaterThan(Number(limit('max_file_store')));
  });
});

describe('Postgres in production', () => {
  const documents = parseAllDocuments(text('deploy', 'infra', 'postgres', 'cluster.yaml')).map((document) => document.toJS() as unknown);
  const Cluster = z.looseObject({
    apiVersion: z.literal('postgresql.cnpg.io/v1'),
    kind: z.literal('Cluster'),
    metadata: z.strictObject({ name: z.string() }),
    spec: z.looseObject({
      instances: z.number(),
      enableSuperuserAccess: z.boolean(),
      bootstrap: z.strictObject({ initdb: z.looseObject({ database: z.string() }) }),
      postgresql: z.looseObject({
        synchronous: z.strictObject({ method: z.literal('any'), number: z.number() }),
        pg_hba: z.array(z.string()),
      }),
    }),
  });
  const cluster = Cluster.parse(documents[0]);
  const { name } = cluster.metadata;
  const [namespace = ''] = told('postgres/cluster.yaml', /kubectl apply -n (\S+) -f/) ?? [];

  it('has three instances, and a commit is on two of them', () => {
    expect(cluster.spec.instances).toBe(3);
    expect(cluster.spec.postgresql.synchronous.number).toBe(1);
  });

  it('is called by the name of its writable Service, and believed by its own CA', () => {
    // The operator names both by the cluster: <cluster>-rw, <cluster>-ca.
    expect(placeOf(production.global.database.host)).toEqual([`${name}-rw`, namespace]);
    expect(production.global.database.caSecret).toBe(`${name}-ca`);
    const secrets = ofKind(rendered, 'Deployment').map(
      (one) => podOf(one).spec.volumes?.find((volume) => volume.name === 'database-ca')?.secret?.secretName,
    );
    expect(secrets).toEqual(SERVICES.map(() => `${name}-ca`));
  });

  it('holds the database that every service opens, by TLS and password only, and lets the bootstrap in', () => {
    const { database } = cluster.spec.bootstrap.initdb;
    expect(database).toBe('enishi');
    const urls = [...urlsOf('DATABASE_URL'), ...urlsOf('DATABASE_ADMIN_URL')];
    expect(urls).toHaveLength(2 * SERVICES.length + 1);
    for (const { pathname, searchParams } of urls) expect([pathname, searchParams.get('sslmode')]).toEqual([`/${database}`, 'verify-full']);
    expect(cluster.spec.postgresql.pg_hba).toEqual([`hostssl ${database} all all scram-sha-256`]);
    expect(urlsOf('DATABASE_ADMIN_URL').map(({ username }) => username)).toEqual(['postgres']);
    expect(cluster.spec.enableSuperuserAccess).toBe(true);
  });

  it('is where the policies let the services go', () => {
    const goes = production.global.networkPolicy.databaseTo.filter(
      (peer) =>
        selects(peer.namespaceSelector, { 'kubernetes.io/metadata.name': namespace }) &&
        selects(peer.podSelector, { 'cnpg.io/cluster': name }),
    );
    expect(goes).toHaveLength(1);
  });

  it('is backed up every day', () => {
    expect(documents.slice(1)).toEqual([
      expect.objectContaining({ kind: 'ScheduledBackup', spec: expect.objectContaining({ cluster: { name } }) }),
    ]);
  });
});
