/** What one pod of a service says at /metrics, asked from inside its own container: policies let nobody else in. */
import type { ClusterPlatform } from './cluster-platform.js';

const ASK = `process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; process.removeAllListeners('warning');
fetch('https://127.0.0.1:8443/metrics').then((answer) => answer.text()).then((text) => process.stdout.write(text));`;

export function metricsOf(cluster: ClusterPlatform, pod: string): Promise<string> {
  return cluster.namespace.kubectl(['exec', pod, '--', '/usr/local/bin/node', '--no-warnings', '-e', ASK]);
}

// Name, labels (a value may have spaces, braces and escaped quotes), value; a timestamp and an exemplar may follow.
const SAMPLE = /^[^{\s]+(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?\s+(\S+)/;

/** Sum of the samples whose line begins so; 0 when there is none. */
export function sampleOf(exposition: string, beginning: string): number {
  return exposition
    .split('\n')
    .filter((line) => line.startsWith(beginning) && !line.startsWith('#'))
    .reduce((sum, line) => sum + Number(SAMPLE.exec(line)?.[1]), 0);
}
