/** A whole platform for one test file: on this machine and free ports, or the cluster that the run was told of. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVICES, type ServiceName } from '@enishi/contracts';
import { clusterOfRun, TelemetryCollector } from '@enishi/testing';
import { ClusterPlatform } from '../../deploy/local/src/kubernetes/cluster-platform.js';
import { spansIn, type WrittenSpan } from '../../deploy/local/src/kubernetes/collector-output.js';
import { type Layout, layoutFor } from '../../deploy/local/src/layout.js';
import type { Place } from '../../deploy/local/src/platform/place.js';
import { Platform } from '../../deploy/local/src/platform/platform.js';
import { freePortBase } from '../../deploy/local/src/platform/ports.js';
import { quiet } from '../../deploy/local/src/terminal-output.js';

/** A platform, and what it says of itself since it was taken. */
export interface OwnPlatform<P extends Place = Place> {
  readonly platform: P;
  spans(): Promise<WrittenSpan[]>;
  /** Everything that was exported, as text: spans and logs. */
  exported(): Promise<string>;
  /** Everything that the platform and the PC have logged. */
  logs(): Promise<string>;
  /** What /metrics of each service says. */
  metrics(): Promise<string[]>;
  stop(): Promise<void>;
}

/** On this machine, unless the run was told of a cluster. */
export async function ownPlatform(): Promise<OwnPlatform> {
  const dir = clusterOfRun();
  return dir === undefined ? localPlatform() : clusterPlatform(dir);
}

export async function localPlatform(): Promise<OwnPlatform<Platform>> {
  const dir = mkdtempSync(join(tmpdir(), 'enishi-e2e-'));
  const at = (base: number): Layout => layoutFor(base, dir);
  const collector = await TelemetryCollector.start();
  const layout = at(await freePortBase(at));
  const platform = new Platform({ layout, progress: quiet, otlpEndpoint: collector.endpoint });
  await platform.start();
  return {
    platform,
    spans: async () => collector.spans().map((span) => ({ ...span, attributes: asText(span.attributes) })),
    exported: async () => collector.raw(),
    logs: async () => agentAndOthers(layout),
    metrics: () => Promise.all(SERVICES.map((service) => metricsAt(layout, layout.ports[service], 'localhost'))),
    async stop() {
      await platform.stop();
      await collector.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** What is installed stays; the bank and the PCs are this test's own, and so are its users. */
async function clusterPlatform(dir: string): Promise<OwnPlatform<ClusterPlatform>> {
  const platform = ClusterPlatform.open(dir);
  const { layout, namespace } = platform;
  const since = new Date().toISOString();
  platform.forgetUsers();
  rmSync(layout.path('logs'), { recursive: true, force: true });
  await platform.startBank();
  return {
    platform,
    spans: async () => spansIn(await platform.collected(since)),
    exported: () => platform.collected(since),
    logs: async () => `${await platform.logs(since)}\n${agentAndOthers(layout)}`,
    metrics: () => Promise.all(SERVICES.map((service) => metricsOnCluster(platform, service))),
    stop: () => platform.stop(),
  };

  async function metricsOnCluster(of: ClusterPlatform, service: ServiceName): Promise<string> {
    const name = `${of.options.release}-${service}`;
    const { port, stop } = await namespace.forward(`service/${name}`, 8443);
    try {
      return await metricsAt(layout, port, name);
    } finally {
      stop();
    }
  }
}

function agentAndOthers(layout: Layout): string {
  const dir = layout.path('logs');
  const files = readdirSync(dir).filter((file) => file !== 'bank.log');
  return files.map((file) => readFileSync(join(dir, file), 'utf8')).join('\n');
}

function metricsAt(layout: Layout, port: number, servername: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/metrics', servername, ca: readFileSync(layout.path('pki', 'dev-ca.pem')) }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve(text));
    }).on('error', reject);
  });
}

function asText(attributes: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, String(value)]));
}
