import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { toolEnvironment } from '../../config.js';
import { logsIn, spansIn } from '../../kubernetes/collector-output.js';
import { ROOT } from '../../layout.js';
import { must, type Proof, say } from './proof.js';

const Report = z.object({ numPassedTests: z.number(), numFailedTests: z.number(), numRuntimeErrorTestSuites: z.number() });

export const flow: Proof = {
  name: 'flow',
  shows:
    "aggregation's end-to-end test passes through the routes; logs and spans of one run are in the collector's output under one trace id",
  async run({ cluster }) {
    const since = new Date().toISOString();
    // The test has a bank and PCs of its own, on the same ports.
    await cluster.stop();
    const report = join(mkdtempSync(join(tmpdir(), 'enishi-flow-')), 'report.json');
    const jest = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
    const args = [
      '--experimental-vm-modules',
      '--no-warnings',
      jest,
      '--selectProjects',
      'e2e',
      '--json',
      '--outputFile',
      report,
      '--',
      'aggregation',
    ];
    await new Promise<void>((resolve, reject) => {
      const child = spawn(process.execPath, args, {
        cwd: ROOT,
        stdio: ['ignore', 'ignore', 'inherit'],
        env: toolEnvironment({ ENISHI_CLUSTER_DIR: cluster.layout.dir }),
      });
      child.on('error', reject);
      child.on('exit', () => resolve());
    });
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = Report.parse(JSON.parse(readFileSync(report, 'utf8')));
    say(`tests/e2e/aggregation.spec.ts on the cluster: ${numPassedTests} passed, ${numFailedTests + numRuntimeErrorTestSuites} failed`);
    must(numPassedTests > 0 && numFailedTests + numRuntimeErrorTestSuites === 0, 'The end-to-end test does not pass on the cluster.');

    const written = await cluster.collected(since);
    const spans = spansIn(written);
    const logs = logsIn(written);
    const traceId = logs.find(({ service, body }) => service === 'command-dispatcher' && body === 'a run ended')?.traceId;
    const ofRun = spans.filter((span) => span.traceId === traceId);
    const logsOfRun = logs.filter((log) => log.traceId === traceId);
    const services = (list: readonly { service: string }[]) => [...new Set(list.map(({ service }) => service))].sort().join(', ');
    say(`trace ${traceId}: ${ofRun.length} spans of ${services(ofRun)}; ${logsOfRun.length} log lines of ${services(logsOfRun)}`);
    must(
      ['command-dispatcher', 'parser', 'terminal-agent', 'terminal-relay'].every((name) => services(ofRun).includes(name)),
      'Spans of a service are missing from the trace.',
    );
    must(
      ['command-dispatcher', 'parser', 'terminal-relay'].every((name) => services(logsOfRun).includes(name)),
      'Log lines of a service are missing from the trace.',
    );
    await cluster.startBank();
  },
};
