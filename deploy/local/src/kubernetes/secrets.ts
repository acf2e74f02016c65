/**
 * The Secrets and ConfigMaps that the charts name, for development and tests: made from the development PKI of a state
 * folder. In production the same names are filled by whatever keeps the bank's secrets (docs/kubernetes.md, "Secrets").
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ServiceName } from '@enishi/contracts';
import { createDevCa, issueCert, writeKeyAndCert } from '@enishi/infra';
import { natsServerConfig } from '@enishi/messaging';
import type { Layout } from '../layout.js';
import { natsKeys } from '../nats-keys.js';
import { ensurePki } from '../pki.js';
import { databasePasswords } from '../platform/database-urls.js';
import { factsOf, trustedFiles } from '../service-facts.js';

export interface Release {
  readonly namespace: string;
  /** Name of the Helm release of helm/enishi: its services are `<release>-<service>`. */
  readonly release: string;
  /** Host of the routes. */
  readonly host: string;
}

export interface Manifest {
  readonly apiVersion: 'v1';
  readonly kind: 'Secret' | 'ConfigMap';
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels: Readonly<Record<string, string>> };
  readonly type?: string;
  readonly stringData?: Readonly<Record<string, string>>;
  readonly data?: Readonly<Record<string, string>>;
}

/** Everything that `helm/dev-infra` and `helm/enishi` name. What the folder has is kept, what it lacks is made. */
export async function developmentManifests(layout: Layout, release: Release): Promise<Manifest[]> {
  mkdirSync(layout.path('postgres'), { recursive: true, mode: 0o700 });
  await ensurePki(layout);
  const pki = (name: string) => readFileSync(layout.path('pki', name), 'utf8');
  const labels = { 'app.kubernetes.io/part-of': 'enishi', 'app.kubernetes.io/managed-by': 'enishi-development' };
  const named = (name: string) => ({ name, namespace: release.namespace, labels });
  const secret = (name: string, stringData: Record<string, string>, type = 'Opaque'): Manifest => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: named(name),
    type,
    stringData,
  });
  const configMap = (name: string, data: Record<string, string>): Manifest => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: named(name),
    data,
  });
  const tls = async (name: string, hosts: readonly string[]) => {
    const { certPem, keyPem } = await certificate(layout, name, hosts);
    return secret(`enishi-${name}-tls`, { 'tls.crt': certPem, 'tls.key': keyPem }, 'kubernetes.io/tls');
  };
  const inCluster = (name: string) => [name, `${name}.${release.namespace}`, `${name}.${release.namespace}.svc`];

  const ca = pki('dev-ca.pem');
  const keys = natsKeys(layout.path('nats'));
  const seed = (name: string) => readFileSync(layout.path('nats', `${name}.nk`), 'utf8');
  const services = await Promise.all(
    databasePasswords(layout).map(async ({ name, password }) => {
      const files = Object.values(factsOf(name).keys);
      return [
        await tls(name, inCluster(`${release.release}-${name}`)),
        secret(`enishi-${name}-bus`, { nkey: seed(name) }),
        secret(`enishi-${name}-database`, { username: name.replaceAll('-', '_'), password }, 'kubernetes.io/basic-auth'),
        ...(files.length > 0 ? [secret(`enishi-${name}-keys`, Object.fromEntries(files.map((file) => [file, pki(file)])))] : []),
      ];
    }),
  );
  return [
    ...services.flat(),
    secret('enishi-operator-bus', { nkey: seed('operator') }),
    secret('enishi-database-admin', { username: 'postgres', password: adminPassword(layout) }, 'kubernetes.io/basic-auth'),
    secret('enishi-database-ca', { 'ca.crt': ca }),
    await tls('nats', inCluster('nats')),
    await tls('postgres', inCluster('postgres')),
    await tls('routes', [release.host]),
    configMap('enishi-bus-ca', { 'ca.crt': ca }),
    configMap('enishi-doors-ca', { 'ca.crt': ca }),
    configMap('enishi-trust', Object.fromEntries([...trustedFiles(), 'internal-jwks.json'].map((file) => [file, pki(file)]))),
    configMap('enishi-connectors', connectors(layout)),
    configMap('enishi-nats-config', {
      'nats.conf': natsServerConfig({
        ...keys,
        host: '0.0.0.0',
        port: 4222,
        monitorPort: 8222,
        storeDir: '/data/jetstream',
        tls: { certFile: '/etc/enishi/tls/tls.crt', keyFile: '/etc/enishi/tls/tls.key' },
      }),
    }),
  ];
}

/** Forgets what one service has been given, so that the next `developmentManifests` makes it anew: a rotation. */
export function forget(layout: Layout, what: 'bus' | 'database' | 'tls', service: ServiceName): void {
  if (what === 'bus') rmSync(layout.path('nats', `${service}.nk`), { force: true });
  if (what === 'tls') rmSync(layout.path('pki', 'kubernetes', `${service}.pem`), { force: true });
  if (what === 'database') {
    const file = layout.path('postgres', 'service-passwords.json');
    const { [service]: _, ...others } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    writeFileSync(file, JSON.stringify(others), { mode: 0o600 });
  }
}

/** A serving certificate by the development CA, kept with the names that it was made for. */
async function certificate(layout: Layout, name: string, hosts: readonly string[]): Promise<{ certPem: string; keyPem: string }> {
  const dir = layout.path('pki', 'kubernetes');
  const read = (ending: string) => readFileSync(`${dir}/${name}.${ending}`, 'utf8');
  const namesFile = `${dir}/${name}.names`;
  const wanted = hosts.join('\n');
  if (!existsSync(`${dir}/${name}.pem`) || !existsSync(namesFile) || readFileSync(namesFile, 'utf8') !== wanted) {
    const ca = await createDevCa(layout.path('pki'));
    writeKeyAndCert(dir, name, await issueCert(ca, { kind: 'server', commonName: hosts[0] ?? name, names: [...hosts] }));
    writeFileSync(namesFile, wanted);
  }
  return { certPem: read('pem'), keyPem: read('key') };
}

function adminPassword(layout: Layout): string {
  const file = layout.path('postgres', 'admin-password');
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8');
}

/** The signed connectors of the folder: the drill puts that of its example bank there. */
function connectors(layout: Layout): Record<string, string> {
  const dir = layout.path('connectors');
  const files = existsSync(dir) ? readdirSync(dir).filter((file) => file.endsWith('.jws')) : [];
  return Object.fromEntries(files.map((file) => [file, readFileSync(`${dir}/${file}`, 'utf8')]));
}
