import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logsIn, spansIn, type WrittenLog, type WrittenSpan } from '../../kubernetes/collector-output.js';
import { runProject } from '../../verbs/test.js';
import { must, type Proof, say, until } from './proof.js';

export const flow: Proof = {
  name: 'flow',
  shows:
    "aggregation's end-to-end test passes through the routes; logs and spans of one run are in the collector's output under one trace id",
  async run({ cluster }) {
    const since = new Date().toISOString();
    // The test has a bank and PCs of its own, on the same ports.
    await cluster.stop();
    const dir = mkdtempSync(join(tmpdir(), 'enishi-flow-'));
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = runProject(
      'e2e',
      ['tests/e2e/aggregation'],
      join(dir, 'report.json'),
      {
        ENISHI_CLUSTER_DIR: cluster.layout.dir,
      },
    );
    rmSync(dir, { recursive: true, force: true });
    say(`tests/e2e/aggregation.spec.ts on the cluster: ${numPassedTests} passed, ${numFailedTests + numRuntimeErrorTestSuites} failed`);
    must(numPassedTests > 0 && numFailedTests + numRuntimeErrorTestSuites === 0, 'The end-to-end test does not pass on the cluster.');

    // Processes export every second.
    const { traceId, spans, logs } = await until("a run is whole in the collector's output", 20_000, async () => {
      const run = runIn(await cluster.collected(since));
      return SPANS_OF.every((name) => servicesOf(run.spans).includes(name)) && LOGS_OF.every((name) => servicesOf(run.logs).includes(name))
        ? run
        : undefined;
    });
    say(
      `trace ${traceId}: ${spans.length} spans of ${servicesOf(spans).join(', ')}; ${logs.length} log lines of ${servicesOf(logs).join(', ')}`,
    );
    await cluster.startBank();
  },
};

const LOGS_OF = ['command-dispatcher', 'parser', 'terminal-relay'];
const SPANS_OF = [...LOGS_OF, 'terminal-agent'];

const servicesOf = (list: readonly { service: string }[]): string[] => [...new Set(list.map(({ service }) => service))].toSorted();

/** Spans and log lines of the first run that ended. */
function runIn(written: string): { traceId: string | undefined; spans: WrittenSpan[]; logs: WrittenLog[] } {
  const all = logsIn(written);
  const traceId = all.find(({ service, body }) => service === 'command-dispatcher' && body === 'a run ended')?.traceId;
  return {
    traceId,
    spans: spansIn(written).filter((span) => span.traceId === traceId),
    logs: all.filter((log) => log.traceId === traceId),
  };
}
