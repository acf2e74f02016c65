import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES } from '@enishi/contracts';
import { run } from '../../kubernetes/kubectl.js';
import { ROOT } from '../../layout.js';
import { must, type OnCluster, type Proof, say, seconds, until } from './proof.js';

const READY_SECONDS = 90;
const START_MS = 2_000;
const STARTS = 3;

export const image: Proof = {
  name: 'image',
  shows: 'one recipe builds the image of every service',
  async run({ cluster, images }) {
    const from = performance.now();
    await images.buildAll(cluster.options.tag);
    say(`${SERVICES.length} images built in ${seconds(from)}`);
  },
};

export const install: Proof = {
  name: 'install',
  shows: 'helm installs infrastructure and services into an empty namespace, all pods are ready in 90 s, each starts in under 2 s',
  async run(on) {
    const { cluster } = on;
    await cluster.clear();
    await cluster.startBank();
    await cluster.prepare();
    const from = performance.now();
    await cluster.installInfra();
    say(`development infrastructure ready after ${seconds(from)}`);
    await cluster.installEnishi();
    const took = (performance.now() - from) / 1000;
    say(`all pods ready after ${took.toFixed(1)} s`);
    must(took <= READY_SECONDS, `The install took ${took.toFixed(1)} s; ${READY_SECONDS} s are allowed.`);
    await startsQuickly(on);
  },
};

/** Pods are replaced one after the other, so that each starts by itself; its own log says how long that took from the start of its process. */
async function startsQuickly({ cluster }: OnCluster): Promise<void> {
  for (const service of SERVICES) {
    const times: number[] = [];
    for (let start = 0; start < STARTS; start += 1) {
      const before = await cluster.pods(service);
      await cluster.namespace.kubectl(['delete', 'pod', before[0] ?? '', '--wait=true']);
      const fresh = await until(`${service} has another pod`, 60_000, async () =>
        (await cluster.pods(service)).find((pod) => !before.includes(pod)),
      );
      const line = (await cluster.namespace.kubectl(['logs', fresh])).split('\n').find((text) => text.includes('"msg":"started"')) ?? '{}';
      times.push((JSON.parse(line) as { ms?: number }).ms ?? Number.NaN);
    }
    const median = times.toSorted((a, b) => a - b)[Math.floor(STARTS / 2)] ?? Number.NaN;
    say(`${service}: serves ${times.join(', ')} ms after the start of its process`);
    must(median < START_MS, `${service} takes ${median} ms to start (median of ${STARTS}); ${START_MS} are allowed.`);
  }
}

export const dryRun: Proof = {
  name: 'dry-run',
  shows: 'the API server itself takes every manifest of every scenario',
  async run({ cluster }) {
    const known = new Set(
      (await cluster.namespace.kubectl(['api-resources', '--no-headers', '-o', 'name'])).split('\n').map((name) => name.trim()),
    );
    for (const chart of readdirSync(join(ROOT, 'helm'))) {
      const dir = join(ROOT, 'helm', chart, 'scenarios', 'rendered');
      for (const file of existsSync(dir) ? readdirSync(dir) : []) {
        const documents = readFileSync(join(dir, file), 'utf8')
          .split(/^---$/m)
          .filter((text) => /^kind:/m.test(text));
        const foreign = documents.filter(
          (text) => text.includes('monitoring.coreos.com') && !known.has('servicemonitors.monitoring.coreos.com'),
        );
        const ours = documents
          .filter((text) => !foreign.includes(text))
          .map((text) => text.replaceAll('namespace: enishi', `namespace: ${cluster.options.namespace}`));
        const { code, err } = await run(
          'kubectl',
          ['-n', cluster.options.namespace, 'apply', '--dry-run=server', '-f', '-'],
          ours.join('\n---\n'),
        );
        must(code === 0, `${chart}/${file}: the API server says: ${err.slice(0, 1_000)}`);
        say(
          `${chart}/${file}: ${ours.length} taken${foreign.length > 0 ? `, ${foreign.length} not asked (this cluster has no ServiceMonitor)` : ''}`,
        );
      }
    }
  },
};
