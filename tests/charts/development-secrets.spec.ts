/** That what `./enishi kubernetes secrets` makes is all that an install of the charts needs, under the names that are checked. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVICES } from '@enishi/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Manifest as Rendered, singleObject, titleOf } from '../../deploy/local/src/charts/manifest.js';
import { containersOf, type Pod, podsOf } from '../../deploy/local/src/charts/rules/pods.js';
import { developmentManifests, forget, type Manifest, type Release } from '../../deploy/local/src/kubernetes/secrets.js';
import { DEFAULT_PORT_BASE, type Layout, layoutFor } from '../../deploy/local/src/layout.js';
import { filesOf, type Held, keysOf, mountsOf, referencesOfPods, referencesOfRoutes } from './files-of-pods.js';
import { envOf, ofKind, podOf, renderScenario } from './rendered.js';

const RELEASE: Release = { namespace: 'enishi', release: 'enishi', host: 'enishi.kube.test' };
const infra = renderScenario('dev-infra', 'gateway');
const byIngress = renderScenario('enishi', 'development');
const byGateway = renderScenario('enishi', 'development', ['--set', 'global.routes.kind=gateway']);
const installed = [...infra, ...byIngress, ...byGateway];
const services = SERVICES.map((service) => [service, singleObject(byIngress, 'Deployment', `enishi-${service}`)] as const);

let dir: string;
let layout: Layout;
let made: Manifest[];
let held: Held[];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'enishi-development-secrets-'));
  layout = layoutFor(DEFAULT_PORT_BASE, dir);
  made = await developmentManifests(layout, RELEASE);
  held = [...made, ...(ofKind(infra, 'ConfigMap') as unknown as Held[])];
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const contentAt = (pod: Pod, path: string | undefined): string => {
  const content = filesOf(pod, held).get(path ?? '');
  if (content === undefined) throw new Error(`${pod.title} finds no file at ${path}`);
  return content;
};

describe('the Secrets and ConfigMaps of development', () => {
  it('are all that pods and routes refer to, with every key that these name', () => {
    const references = [...referencesOfPods(installed), ...referencesOfRoutes(installed)];
    const missing = references.flatMap(({ by, kind, name, keys }) => {
      const object = held.find((one) => one.kind === kind && one.metadata.name === name);
      if (!object) return [`${by}: there is no ${kind} ${name}`];
      return keys.filter((key) => !keysOf(object).includes(key)).map((key) => `${by}: ${kind} ${name} has no ${key}`);
    });
    expect(missing).toEqual([]);
    // Nothing is made that nobody is given.
    const wanted = new Set(references.map(({ kind, name }) => `${kind} ${name}`));
    expect(made.map((one) => `${one.kind} ${one.metadata.name}`).filter((title) => !wanted.has(title))).toEqual([]);
    // One of each kind of reference at least was looked at.
    for (const kind of ['Deployment', 'StatefulSet', 'Job', 'Ingress', 'ServersTransport', 'BackendTLSPolicy', 'Gateway'])
      expect(references.map(({ by }) => by)).toContainEqual(expect.stringMatching(new RegExp(`^${kind} `)));
  });

  it('hold every file that a pod is told of, by its environment, its arguments or its configuration', () => {
    const told = podsOf(installed).flatMap((pod) => {
      const files = filesOf(pod, held);
      const texts = [
        ...containersOf(pod).flatMap(({ env = [], args = [] }) => [...env.map(({ value = '' }) => value), ...args]),
        ...files.values(),
      ];
      const paths = texts.flatMap((text) => text.match(/\/etc\/enishi\/[-\w./]*/g) ?? []);
      // A folder that is mounted may be empty.
      return paths.map((path) => ({ pod: pod.title, path, isThere: files.has(path) || mountsOf(pod).includes(path) }));
    });
    expect(told.length).toBeGreaterThan(50);
    expect(told.filter(({ isThere }) => !isThere)).toEqual([]);
  });

  it('stand in the namespace of the release, each once', () => {
    expect(new Set(made.map(({ metadata }) => metadata.namespace))).toEqual(new Set([RELEASE.namespace]));
    const titles = made.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(titles).toEqual([...new Set(titles)]);
  });

  it("give each service's role the name by which its pods and its migration log in", () => {
    const urls = [...services.map(([, deployment]) => deployment), ...ofKind(byIngress, 'Job')].flatMap((one) => {
      const { DATABASE_URL, DATABASE_ADMIN_URL, DATABASE_PASSWORD_FILE, DATABASE_ADMIN_PASSWORD_FILE } = envOf(one);
      const url = DATABASE_URL ?? DATABASE_ADMIN_URL;
      return url === undefined ? [] : [{ pod: podOf(one), url, file: DATABASE_PASSWORD_FILE ?? DATABASE_ADMIN_PASSWORD_FILE ?? '' }];
    });
    expect(urls).toHaveLength(2 * SERVICES.length + 1);
    for (const { pod, url, file } of urls)
      expect([pod.title, contentAt(pod, file.replace(/password$/, 'username'))]).toEqual([pod.title, new URL(url).username]);
  });
});

describe('a certificate of development', () => {
  it.each(services)('of %s is the one that Ingress and Gateway look for at its Service', (service, deployment) => {
    const pod = podOf(deployment);
    const { HTTP_TLS_CERT_FILE, HTTP_TLS_KEY_FILE } = envOf(deployment);
    const door = { certificate: contentAt(pod, HTTP_TLS_CERT_FILE), key: contentAt(pod, HTTP_TLS_KEY_FILE) };
    const [transport, policy] = [
      singleObject(byIngress, 'ServersTransport', `enishi-${service}`),
      singleObject(byGateway, 'BackendTLSPolicy', `enishi-${service}`),
    ];
    for (const [title, host] of [
      [titleOf(transport), (transport.spec as { serverName: string }).serverName],
      [titleOf(policy), (policy.spec as { validation: { hostname: string } }).validation.hostname],
    ] as const)
      expectBelieved(door, host, caOf(referencesOfRoutes(installed), title));
  });

  it('of NATS is the one that every client of the bus looks for', () => {
    const server = podOf(singleObject(infra, 'StatefulSet', 'nats'));
    const config = contentAt(server, '/etc/enishi/nats/nats.conf');
    const at = (name: string) => contentAt(server, new RegExp(`${name}: "([^"]+)"`).exec(config)?.[1]);
    const clients = installed.filter((one) => isWorkload(one) && envOf(one).NATS_URL !== undefined);
    expect(clients).toHaveLength(2 * (SERVICES.length + 1));
    for (const client of clients) {
      const { NATS_URL, NATS_CA_FILE } = envOf(client);
      const { protocol, hostname, port } = new URL(NATS_URL ?? '');
      expect([protocol, port]).toEqual(['tls:', '4222']);
      expect(singleObject(infra, 'Service', hostname.split('.')[0]).spec).toMatchObject({ ports: [{ port: 4222 }] });
      expectBelieved({ certificate: at('cert_file'), key: at('key_file') }, hostname, contentAt(podOf(client), NATS_CA_FILE));
    }
  });

  it('of Postgres is the one that every client of the database looks for', () => {
    const server = podOf(singleObject(infra, 'StatefulSet', 'postgres'));
    const args = containersOf(server).flatMap((container) => container.args ?? []);
    const at = (name: string) => contentAt(server, args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3));
    const clients = installed.filter(isWorkload).flatMap((client) => {
      const { DATABASE_URL, DATABASE_ADMIN_URL } = envOf(client);
      return [DATABASE_URL, DATABASE_ADMIN_URL].flatMap((url) => (url === undefined ? [] : [{ client, url: new URL(url) }]));
    });
    expect(clients).toHaveLength(2 * (2 * SERVICES.length + 1));
    for (const { client, url } of clients) {
      expect(url.searchParams.get('sslmode')).toBe('verify-full');
      expect(singleObject(infra, 'Service', url.hostname.split('.')[0]).spec).toMatchObject({ ports: [{ port: Number(url.port) }] });
      const ca = contentAt(podOf(client), url.searchParams.get('sslrootcert') ?? undefined);
      expectBelieved({ certificate: at('ssl_cert_file'), key: at('ssl_key_file') }, url.hostname, ca);
    }
  });

  it('of the routes is the one that a browser looks for, by Ingress and by Gateway', () => {
    const ca = textOf('ConfigMap', 'enishi-doors-ca', 'ca.crt');
    const pair = (name: string) => ({ certificate: textOf('Secret', name, 'tls.crt'), key: textOf('Secret', name, 'tls.key') });
    const ingresses = ofKind(byIngress, 'Ingress').map(({ spec }) => spec as { tls: { secretName: string }[]; rules: { host: string }[] });
    expect(ingresses).toHaveLength(SERVICES.length);
    for (const { tls, rules } of ingresses) for (const { host } of rules) expectBelieved(pair(tls[0]?.secretName ?? ''), host, ca);

    const gateway = singleObject(infra, 'Gateway');
    const { listeners } = gateway.spec as { listeners: { name: string; hostname: string; tls: { certificateRefs: { name: string }[] } }[] };
    const routes = ofKind(byGateway, 'HTTPRoute').map(
      ({ spec }) => spec as { hostnames: string[]; parentRefs: { name: string; sectionName: string }[] },
    );
    expect(routes).toHaveLength(SERVICES.length);
    for (const { hostnames, parentRefs } of routes) {
      expect(parentRefs.map(({ name }) => name)).toEqual([gateway.metadata.name]);
      const listener = listeners.find(({ name }) => name === parentRefs[0]?.sectionName);
      expect(hostnames).toEqual([listener?.hostname]);
      for (const host of hostnames) expectBelieved(pair(listener?.tls.certificateRefs[0]?.name ?? ''), host, ca);
    }
  });
});

describe('made again', () => {
  /** Titles of what another call gives otherwise than `before`. */
  const changed = (before: readonly Manifest[], after: readonly Manifest[]) =>
    after
      .filter((one, index) => JSON.stringify(one) !== JSON.stringify(before[index]))
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`);

  it('everything is as it was', async () => {
    expect(await developmentManifests(layout, RELEASE)).toEqual(made);
  });

  it.each([
    ['tls', ['Secret enishi-parser-tls']],
    ['database', ['Secret enishi-parser-database']],
    // The server is told the new public key.
    ['bus', ['Secret enishi-parser-bus', 'ConfigMap enishi-nats-config']],
  ] as const)('after one service’s %s was forgotten, that alone is another', async (what, expected) => {
    const before = await developmentManifests(layout, RELEASE);
    forget(layout, what, 'parser');
    const after = await developmentManifests(layout, RELEASE);
    expect(changed(before, after)).toEqual(expected);
    expect(await developmentManifests(layout, RELEASE)).toEqual(after);
  });

  it('for routes of another name, their certificate alone is another', async () => {
    const before = await developmentManifests(layout, RELEASE);
    const after = await developmentManifests(layout, { ...RELEASE, host: 'other.kube.test' });
    expect(changed(before, after)).toEqual(['Secret enishi-routes-tls']);
  });
});

function isWorkload({ kind }: Rendered): boolean {
  return kind === 'Deployment' || kind === 'Job';
}

function textOf(kind: 'Secret' | 'ConfigMap', name: string, key: string): string {
  const object = held.find((one) => one.kind === kind && one.metadata.name === name);
  return object?.stringData?.[key] ?? object?.data?.[key] ?? '';
}

function caOf(references: ReturnType<typeof referencesOfRoutes>, by: string): string {
  const [reference] = references.filter((one) => one.by === by);
  return reference ? textOf(reference.kind, reference.name, 'ca.crt') : '';
}

/** What a client does with a server's certificate: name, issuer, time; and the server, with its key. */
function expectBelieved(server: { certificate: string; key: string }, host: string, caPem: string): void {
  const certificate = new X509Certificate(server.certificate);
  const ca = new X509Certificate(caPem);
  expect([host, certificate.checkHost(host)]).toEqual([host, host]);
  expect(certificate.checkHost('another')).toBeUndefined();
  expect(certificate.checkIssued(ca) && certificate.verify(ca.publicKey)).toBe(true);
  expect(certificate.validToDate.getTime()).toBeGreaterThan(Date.now());
  expect(certificate.checkPrivateKey(createPrivateKey(server.key))).toBe(true);
}
