import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES } from '@enishi/contracts';
import { ROOT } from '../../layout.js';
import { run } from '../../kubernetes/kubectl.js';
import { must, type OnCluster, type Proof, say, seconds } from './proof.js';

const READY_SECONDS = 90;
const START_SECONDS = 2;

export const install: Proof = {
  name: 'install',
  shows: 'images are built, helm installs infrastructure and services, all pods are ready in 90 s, each starts in under 2 s',
  async run({ cluster, images }) {
    let from = performance.now();
    await images.buildAll(cluster.options.tag);
    say(`images built in ${seconds(from)}`);
    await cluster.startBank();
    await cluster.prepare();
    from = performance.now();
    await cluster.installInfra();
    say(`development infrastructure ready after ${seconds(from)}`);
    await cluster.installEnishi();
    const took = (performance.now() - from) / 1000;
    say(`all pods ready after ${took.toFixed(1)} s`);
    must(took <= READY_SECONDS, `The install took ${took.toFixed(1)} s; ${READY_SECONDS} s are allowed.`);
    await startsQuickly({ cluster, images });
  },
};

interface Pod {
  metadata: { name: string };
  status: { containerStatuses?: { state: { running?: { startedAt: string } } }[]; conditions?: { type: string; lastTransitionTime: string }[] };
}

/** From its own first line in the log ("started") back to the start of its container. */
async function startsQuickly({ cluster }: OnCluster): Promise<void> {
  for (const service of SERVICES) {
    const { items } = await cluster.namespace.json<{ items: Pod[] }>([
      'get', 'pods', '-l', `app.kubernetes.io/name=${service},app.kubernetes.io/component=service`,
    ]);
    const times = await Promise.all(
      items.map(async ({ metadata, status }) => {
        const begun = Date.parse(status.containerStatuses?.[0]?.state.running?.startedAt ?? '');
        const log = await cluster.namespace.kubectl(['logs', metadata.name]);
        const line = log.split('\n').find((text) => text.includes('"msg":"started"')) ?? '{}';
        // Kubernetes tells whole seconds: up to one of them is its rounding.
        return (Date.parse((JSON.parse(line) as { time?: string }).time ?? '') - begun) / 1000;
      }),
    );
    say(`${service}: serves ${times.map((time) => time.toFixed(1)).join(' and ')} s after its container's start (start rounded down to a second)`);
    must(Math.min(...times) < START_SECONDS + 1, `${service} took ${Math.min(...times)} s to start.`);
  }
}

export const dryRun: Proof = {
  name: 'dry-run',
  shows: 'the API server itself takes every manifest of every scenario',
  async run({ cluster }) {
    const known = new Set((await cluster.namespace.kubectl(['api-resources', '--no-headers', '-o', 'name'])).split('\n').map((name) => name.trim()));
    for (const chart of readdirSync(join(ROOT, 'helm'))) {
      const dir = join(ROOT, 'helm', chart, 'scenarios', 'rendered');
      for (const file of existsSync(dir) ? readdirSync(dir) : []) {
        const documents = readFileSync(join(dir, file), 'utf8').split(/^---$/m).filter((text) => /^kind:/m.test(text));
        const foreign = documents.filter((text) => text.includes('monitoring.coreos.com') && !known.has('servicemonitors.monitoring.coreos.com'));
        const ours = documents.filter((text) => !foreign.includes(text)).map((text) => text.replaceAll('namespace: enishi', `namespace: ${cluster.options.namespace}`));
        const { code, err } = await run('kubectl', ['-n', cluster.options.namespace, 'apply', '--dry-run=server', '-f', '-'], ours.join('\n---\n'));
        must(code === 0, `${chart}/${file}: the API server says: ${err.slice(0, 1_000)}`);
        say(`${chart}/${file}: ${ours.length} taken${foreign.length > 0 ? `, ${foreign.length} not asked (this cluster has no ServiceMonitor)` : ''}`);
      }
    }
  },
};
