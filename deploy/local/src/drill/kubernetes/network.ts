/**
 * Every pair of pods, and the ways out of the cluster. What may pass follows from the contracts: a service that serves
 * routes or terminals is reached from where routes come from; whoever is on the bus reaches NATS; everyone with a schema
 * reaches Postgres; all else is refused.
 */
import { EVENTS, REQUESTS, ROUTES, SERVICES, type ServiceName } from '@enishi/contracts';
import type { ClusterPlatform } from '../../kubernetes/cluster-platform.js';
import { Namespace } from '../../kubernetes/kubectl.js';
import { must, type Proof, say, until } from './proof.js';

const NODE = '/usr/local/bin/node';
const PROBE_LABEL = 'enishi.io/probe';

interface Target {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** Says `open` or how the connection failed. A refusal by policy is a reset or silence. */
const KNOCK = `const [host, port] = process.argv.slice(1);
const socket = require('node:net').connect({ host, port: Number(port) });
const end = (word) => { process.stdout.write(word); process.exit(0); };
socket.setTimeout(2500, () => end('silence'));
socket.on('connect', () => end('open'));
socket.on('error', (error) => end(error.code));`;

export const network: Proof = {
  name: 'network',
  shows: 'NetworkPolicy: each arrow of the contracts passes, every other pair of pods and the way out of the cluster is refused',
  async run({ cluster }) {
    const targets = await targetsOf(cluster);
    const onTheBus = new Set<ServiceName>([
      ...REQUESTS.flatMap(({ owner, callers }) => [owner, ...callers]),
      ...EVENTS.flatMap(({ owner, hearers }) => [owner, ...hearers]),
    ]);
    const routed = new Set<string>(ROUTES.map(({ owner }) => owner));
    const allowed = (source: string, target: string): boolean => {
      if (SERVICES.some((service) => service === source))
        return (target === 'nats' && onTheBus.has(source as ServiceName)) || ['postgres', 'otel-collector'].includes(target);
      if (source === 'migration' || source === 'bootstrap') return target === 'postgres';
      if (source === 'provisioning') return target === 'nats';
      // These are not ours, so no policy keeps them from leaving; what of ours they reach is for us to say.
      if (['routes', 'stranger', 'neighbour'].includes(source) && (target === 'api-server' || target === 'node')) return true;
      if (source === 'routes') return [...routed].some((service) => target === `${service}:http`) || target === 'terminal-relay:terminal';
      return false;
    };
    const probes = await startProbes(cluster);
    let passed = 0;
    let refused = 0;
    const wrong: string[] = [];
    for (const { source, pod, namespace } of probes) {
      const answers = await Promise.all(
        targets
          .filter(({ name }) => name.split(':')[0] !== source)
          .map(async (target) => ({ target: target.name, answer: await knock(namespace, pod, target) })),
      );
      for (const { target, answer } of answers) {
        const open = answer === 'open';
        if (open !== allowed(source, target)) wrong.push(`${source} → ${target}: ${answer}`);
        else if (open) passed += 1;
        else refused += 1;
      }
      const reached = answers.filter(({ answer }) => answer === 'open').map(({ target }) => target);
      say(`${source.padEnd(20)} reaches ${reached.join(', ') || 'nothing'}`);
    }
    for (const namespace of new Set(probes.map((probe) => probe.namespace)))
      await namespace.kubectl(['delete', 'pod', '-l', PROBE_LABEL, '--grace-period=0', '--force']);
    say(`${passed} arrows pass, ${refused} others are refused, of ${probes.length} sources and ${targets.length} targets`);
    must(wrong.length === 0, `not as the contracts say:\n  ${wrong.join('\n  ')}`);
  },
};

interface Probe {
  readonly source: string;
  readonly pod: string;
  readonly namespace: Namespace;
}

async function knock(namespace: Namespace, pod: string, { host, port }: Target): Promise<string> {
  const { out, err, code } = await namespace.tryKubectl(['exec', pod, '--', NODE, '-e', KNOCK, host, String(port)]);
  must(code === 0, `${pod} cannot be used as a probe: ${err.slice(0, 300)}`);
  return out;
}

async function targetsOf(cluster: ClusterPlatform): Promise<Target[]> {
  const { namespace } = cluster;
  const ipOf = (pod: string) => namespace.kubectl(['get', 'pod', pod, '-o', 'jsonpath={.status.podIP}']);
  const services = await Promise.all(
    SERVICES.map(async (service) => {
      const [pod] = await cluster.pods(service);
      must(pod !== undefined, `${service} has no ready pod`);
      const host = await ipOf(pod);
      return [
        { name: `${service}:http`, host, port: 8443 },
        ...(service === 'terminal-relay' ? [{ name: 'terminal-relay:terminal', host, port: 8444 }] : []),
      ];
    }),
  );
  const [collector] = await cluster.pods('otel-collector');
  must(collector !== undefined, 'the collector has no ready pod');
  const nats = await ipOf('nats-0');
  const everywhere = new Namespace('default');
  const jsonpath = (what: string, path: string) => everywhere.kubectl(['get', what, 'kubernetes', '-o', `jsonpath=${path}`]);
  const [node = '', nodePort = ''] = (await jsonpath('endpoints', '{.subsets[0].addresses[0].ip} {.subsets[0].ports[0].port}')).split(' ');
  return [
    ...services.flat(),
    { name: 'nats', host: nats, port: 4222 },
    { name: 'nats-monitor', host: nats, port: 8222 },
    { name: 'postgres', host: await ipOf('postgres-0'), port: 5432 },
    { name: 'otel-collector', host: await ipOf(collector), port: 4318 },
    { name: 'api-server', host: await jsonpath('service', '{.spec.clusterIP}'), port: 443 },
    // An address that is no pod's: the way out.
    { name: 'node', host: node, port: Number(nodePort) },
  ];
}

/** Our services' own containers, and a pod in the place of everything else that a policy tells apart. */
async function startProbes(cluster: ClusterPlatform): Promise<Probe[]> {
  const { namespace, options } = cluster;
  const labels = (name: string, component: string, instance: string, partOf: string) => ({
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/component': component,
    'app.kubernetes.io/instance': instance,
    'app.kubernetes.io/part-of': partOf,
  });
  const values = JSON.parse(await namespace.helm(['get', 'values', options.release, '--all', '-o', 'json'])) as {
    global: { networkPolicy: { routesFrom: { namespaceSelector?: { matchLabels?: Record<string, string> } }[] } };
  };
  const routesFrom = values.global.networkPolicy.routesFrom[0]?.namespaceSelector?.matchLabels?.['kubernetes.io/metadata.name'];
  must(routesFrom !== undefined, 'global.networkPolicy.routesFrom names no namespace by kubernetes.io/metadata.name');
  const stand = async (source: string, where: Namespace, podLabels: Record<string, string>): Promise<Probe> => {
    const pod = `enishi-probe-${source}`;
    await where.tryKubectl(['delete', 'pod', pod, '--ignore-not-found', '--grace-period=0', '--force']);
    await where.apply([probePod(pod, podLabels, cluster)]);
    await until(`${pod} runs`, 60_000, async () =>
      (await where.kubectl(['get', 'pod', pod, '-o', 'jsonpath={.status.phase}'])) === 'Running' ? true : undefined,
    );
    return { source, pod, namespace: where };
  };
  const services = await Promise.all(
    SERVICES.map(async (service): Promise<Probe> => ({ source: service, pod: (await cluster.pods(service))[0] ?? '', namespace })),
  );
  return [
    ...services,
    await stand('migration', namespace, labels('parser', 'migration', options.release, 'enishi')),
    await stand('bootstrap', namespace, labels('enishi', 'bootstrap', options.release, 'enishi')),
    await stand('provisioning', namespace, labels('enishi', 'provisioning', options.release, 'enishi')),
    await stand('nats', namespace, labels('nats', 'bus', 'dev-infra', 'dev-infra')),
    await stand('postgres', namespace, labels('postgres', 'database', 'dev-infra', 'dev-infra')),
    await stand('otel-collector', namespace, labels('otel-collector', 'telemetry', 'dev-infra', 'dev-infra')),
    await stand('neighbour', namespace, { app: 'neighbour' }),
    await stand('stranger', new Namespace('default'), { app: 'stranger' }),
    await stand('routes', new Namespace(routesFrom), { app: 'routes' }),
  ];
}

/** Never ready, so that no Service takes it for one of its own. */
function probePod(name: string, labels: Record<string, string>, { options }: ClusterPlatform): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { ...labels, [PROBE_LABEL]: 'true' } },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'probe',
          image: `${options.registry ? `${options.registry}/` : ''}enishi/parser:${options.tag}`,
          command: [NODE, '-e', 'setInterval(() => undefined, 60_000)'],
          readinessProbe: { exec: { command: ['/no-such-program'] } },
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };
}
