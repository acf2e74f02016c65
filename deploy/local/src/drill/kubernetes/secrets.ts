import { readFileSync } from 'node:fs';
import { connect, type PeerCertificate } from 'node:tls';
import { listAccounts, type ServiceName, setAccess } from '@enishi/contracts';
import { HANAKO, Holder } from '../../demo/holder.js';
import type { ClusterPlatform } from '../../kubernetes/cluster-platform.js';
import { forget } from '../../kubernetes/secrets.js';
import { natsKeys } from '../../nats-keys.js';
import { must, type Proof, say, seconds, until } from './proof.js';

/** Kubelet brings a changed Secret to its files at its own pace: about a minute, with its cache. */
const KUBELET_MS = 180_000;
const SERVICE: ServiceName = 'parser';

export const secrets: Proof = {
  name: 'secrets',
  shows:
    'certificate and NKey are rotated without a restart and without a failed request, the database password without a restart; a missing Secret stops a pod with a sentence',
  async run({ cluster }) {
    const holder = new Holder(cluster, HANAKO.user);
    await holder.api.call(setAccess, { params: { clientId: 'rotation' }, body: { accounts: 'all', since: null } });
    const reader = holder.device('rotation');
    const podsBefore = (await cluster.pods(SERVICE)).toSorted().join(' ');
    const ask = () => reader.call(listAccounts);
    const calm = keepAsking(ask);
    await rotateCertificate(cluster);
    await rotateBusKey(cluster);
    const { asked, failed } = await calm.stop();
    say(`${asked} requests meanwhile, ${failed.length} failed`);
    must(failed.length === 0, `failed: ${failed.slice(0, 3).join('; ')}`);
    // Postgres knows one password a role: a new connection is refused until kubelet has brought the file. Nothing else may fail.
    const waiting = keepAsking(ask);
    await rotatePassword(cluster);
    const during = await waiting.stop();
    const others = during.failed.filter((message) => !message.startsWith('503 platform.not_available'));
    say(`${during.asked} requests meanwhile, ${during.failed.length} were told to come again (503)`);
    must(others.length === 0, `failed: ${others.slice(0, 3).join('; ')}`);
    const after = keepAsking(ask);
    await until('requests are answered', 10_000, async () => (after.asked() >= 20 ? true : undefined));
    must((await after.stop()).failed.length === 0, 'after the rotation requests still fail');
    must((await cluster.pods(SERVICE)).toSorted().join(' ') === podsBefore, 'a pod was replaced during the rotations');
    say('the same pods throughout');
    await missingSecret(cluster);
  },
};

async function rotateCertificate(cluster: ClusterPlatform): Promise<void> {
  const from = performance.now();
  const before = await servedCertificate(cluster);
  forget(cluster.layout, 'tls', SERVICE);
  await cluster.applySecrets();
  await until('the new certificate is served', KUBELET_MS, async () =>
    (await servedCertificate(cluster)).fingerprint256 === before.fingerprint256 ? undefined : true,
  );
  say(`certificate: a new one served after ${seconds(from)}`);
}

async function servedCertificate(cluster: ClusterPlatform): Promise<PeerCertificate> {
  const { port, stop } = await cluster.namespace.forward(`service/${cluster.options.release}-${SERVICE}`, 8443);
  try {
    return await new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate());
        socket.destroy();
      });
      socket.on('error', reject);
    });
  } finally {
    stop();
  }
}

/** The seed goes to the pods first, the public key to the server last: until it is read again, the connection stays open. */
async function rotateBusKey(cluster: ClusterPlatform): Promise<void> {
  const from = performance.now();
  forget(cluster.layout, 'bus', SERVICE);
  await cluster.applySecrets();
  const key = natsKeys(cluster.layout.path('nats')).users[SERVICE] ?? '';
  const seed = readFileSync(cluster.layout.path('nats', `${SERVICE}.nk`), 'utf8');
  const pods = await cluster.pods(SERVICE);
  for (const pod of pods) await fileIn(cluster, pod, readFile('/etc/enishi/bus/nkey'), (text) => text === seed);
  await fileIn(cluster, 'nats-0', ['cat', '/etc/enishi/nats/nats.conf'], (text) => text.includes(key));
  must((await connectionsBy(cluster, key)) === 0, 'the new key was in use before the server knew it');
  await cluster.namespace.kubectl(['exec', 'nats-0', '--', 'nats-server', '--signal', 'reload=1']);
  await until(`${pods.length} pods are on the bus with the new key`, 60_000, async () =>
    (await connectionsBy(cluster, key)) === pods.length ? true : undefined,
  );
  say(`NKey: ${pods.length} pods on the bus with the new one after ${seconds(from)}`);
}

/** How many connections of the server are those of a public key. */
async function connectionsBy(cluster: ClusterPlatform, key: string): Promise<number> {
  const text = await cluster.namespace.kubectl(['exec', 'nats-0', '--', 'wget', '-qO-', 'http://127.0.0.1:8222/connz?auth=1&limit=1000']);
  const { connections } = JSON.parse(text) as { connections: { authorized_user?: string; nkey?: string }[] };
  return connections.filter((connection) => [connection.authorized_user, connection.nkey].includes(key)).length;
}

/** ALTER ROLE at the next `helm upgrade` (its bootstrap); new connections read the password from the file. */
async function rotatePassword(cluster: ClusterPlatform): Promise<void> {
  const from = performance.now();
  forget(cluster.layout, 'database', SERVICE);
  await cluster.applySecrets();
  await cluster.installEnishi();
  say(`database password: changed by the release's bootstrap after ${seconds(from)}`);
  const wanted = await cluster.namespace.kubectl(['get', 'secret', `enishi-${SERVICE}-database`, '-o', 'jsonpath={.data.password}']);
  const password = Buffer.from(wanted, 'base64').toString();
  for (const pod of await cluster.pods(SERVICE))
    await fileIn(cluster, pod, readFile('/etc/enishi/database/password'), (text) => text === password);
  const end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'parser'";
  await cluster.namespace.kubectl(['exec', 'postgres-0', '--', 'psql', '-U', 'postgres', '-d', 'enishi', '-Atc', end]);
  await until('connections with the new password', 30_000, async () => {
    const count = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'parser'";
    return Number(await cluster.namespace.kubectl(['exec', 'postgres-0', '--', 'psql', '-U', 'postgres', '-d', 'enishi', '-Atc', count])) >
      0
      ? true
      : undefined;
  });
  say(`database password: new connections use it, ${seconds(from)} after the change`);
}

const readFile = (path: string) => ['/usr/local/bin/node', '-e', `process.stdout.write(require('node:fs').readFileSync('${path}','utf8'))`];

async function fileIn(cluster: ClusterPlatform, pod: string, read: readonly string[], is: (text: string) => boolean): Promise<boolean> {
  return until(`${pod} has the new file`, KUBELET_MS, async () =>
    is(await cluster.namespace.kubectl(['exec', pod, '--', ...read])) ? true : undefined,
  );
}

function keepAsking(ask: () => Promise<unknown>): { asked(): number; stop(): Promise<{ asked: number; failed: string[] }> } {
  let going = true;
  let asked = 0;
  const failed: string[] = [];
  const ended = (async () => {
    while (going) {
      await ask().catch((error: unknown) => failed.push(error instanceof Error ? error.message : String(error)));
      asked += 1;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return {
    asked: () => asked,
    async stop() {
      going = false;
      await ended;
      return { asked, failed };
    },
  };
}

/** A copy of the service's Deployment whose Secret is not there. */
async function missingSecret({ namespace, options }: ClusterPlatform): Promise<void> {
  const name = `${options.release}-${SERVICE}`;
  const { spec } = await namespace.json<{
    spec: {
      template: { metadata: { labels: Record<string, string> }; spec: { volumes: { name: string; secret?: { secretName: string } }[] } };
    };
  }>(['get', 'deployment', name]);
  const pod = structuredClone(spec.template.spec);
  for (const volume of pod.volumes) if (volume.name === 'keys' && volume.secret) volume.secret.secretName = 'enishi-not-there';
  await namespace.tryKubectl(['delete', 'pod', 'enishi-without-secret', '--ignore-not-found', '--grace-period=0', '--force']);
  const labels = { ...spec.template.metadata.labels, 'app.kubernetes.io/component': 'drill' };
  await namespace.apply([
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'enishi-without-secret', labels }, spec: { ...pod, restartPolicy: 'Never' } },
  ]);
  const message = await until('the pod gives up', 60_000, async () => {
    const path =
      'jsonpath={.status.containerStatuses[0].state.terminated.exitCode}|{.status.containerStatuses[0].state.terminated.message}';
    const [code, said] = (await namespace.kubectl(['get', 'pod', 'enishi-without-secret', '-o', path])).split('|');
    return code ? { code, said: said ?? '' } : undefined;
  });
  await namespace.kubectl(['delete', 'pod', 'enishi-without-secret', '--grace-period=0', '--force']);
  say(`without its Secret a pod ends with ${message.code}: ${message.said.trim().replaceAll('\n', ' ')}`);
  must(
    message.code === '78' && message.said.includes('RESULT_KEY_FILE names a file that does not exist') && !/\n\s+at /.test(message.said),
    'the pod did not say what it lacks',
  );
}
