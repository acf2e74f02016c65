/**
 * The platform on a cluster, as a place for a holder's devices: services behind the routes of the cluster; the user's PC and
 * the example bank are processes of this machine, as they would be somebody else's.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEVELOPMENT_ISSUER, SERVICES, type ServiceName, TERMINAL_PATH } from '@enishi/contracts';
import { z } from 'zod';
import { ExpectedFailure } from '../expected-failure.js';
import { type Layout, layoutFor, ROOT } from '../layout.js';
import { ensurePki, signConnector } from '../pki.js';
import { SupervisedProcess } from '../platform/child-process.js';
import { agentSpec, bankSpec } from '../platform/parts.js';
import type { Door, Place } from '../platform/place.js';
import { freePortBase } from '../platform/ports.js';
import { type Forwarded, Namespace } from './kubectl.js';
import { developmentManifests } from './secrets.js';

const STATE_FILE = 'cluster.json';
/** Label of a namespace that may be deleted with all that is in it. */
const OURS = 'enishi.io/drill';
const Options = z.strictObject({
  namespace: z.string(),
  release: z.string(),
  host: z.string(),
  /** Tag of the services' images, which the cluster's nodes can get. */
  tag: z.string(),
  /** Prefix of the images: `registry.example.com/`; empty: as the charts have it. */
  registry: z.string(),
  /** Values files for helm/enishi: where this cluster's routes are. */
  values: z.array(z.string()),
  /** Values files for helm/dev-infra. */
  infraValues: z.array(z.string()),
});
export type ClusterOptions = z.infer<typeof Options>;
const State = z.strictObject({ portBase: z.number().int(), options: Options });

/** Pods of Enishi become ready within this, or the install has failed. */
const INSTALL_SECONDS = 90;

export class ClusterPlatform implements Place {
  readonly namespace: Namespace;
  private readonly processes = new Map<string, SupervisedProcess>();
  private forwarded: Forwarded | undefined;

  private constructor(
    readonly layout: Layout,
    readonly options: ClusterOptions,
  ) {
    this.namespace = new Namespace(options.namespace);
  }

  /** With its state in a folder, which remembers the options and this machine's ports; nothing is on the cluster yet. */
  static async create(dir: string, options: ClusterOptions): Promise<ClusterPlatform> {
    mkdirSync(dir, { recursive: true });
    const file = join(dir, STATE_FILE);
    // The connector names the bank's port: another one would have to reach every pod first.
    const known = existsSync(file) ? State.parse(JSON.parse(readFileSync(file, 'utf8'))).portBase : undefined;
    const portBase = known ?? (await freePortBase((base) => layoutFor(base, dir)));
    writeFileSync(file, JSON.stringify({ portBase, options }, null, 2));
    return new ClusterPlatform(layoutFor(portBase, dir), options);
  }

  /** The one that `create` left in this folder. */
  static open(dir: string): ClusterPlatform {
    const { portBase, options } = State.parse(JSON.parse(readFileSync(join(dir, STATE_FILE), 'utf8')));
    return new ClusterPlatform(layoutFor(portBase, dir), options);
  }

  doorOf(_service: ServiceName): Door {
    return { host: this.options.host, port: 443, serverName: this.options.host };
  }

  get relayUrl(): string {
    return `wss://${this.options.host}${TERMINAL_PATH}`;
  }

  /** The bank, and its connector signed for where it is. */
  async startBank(): Promise<void> {
    await ensurePki(this.layout);
    await this.run(new SupervisedProcess(bankSpec({ layout: this.layout }, 1)));
    signConnector(this.layout, join(ROOT, 'examples', 'bank', 'connector.json'), {
      origin: `https://localhost:${this.layout.ports.bank}`,
      serverCa: readFileSync(this.layout.path('bank', 'ca.pem'), 'utf8'),
    });
  }

  /** From here on users and PCs are others than before, also those of the same name. */
  forgetUsers(): void {
    rmSync(this.layout.path('users.json'), { force: true });
    for (const name of readdirSync(this.layout.dir).filter((entry) => entry.startsWith('pc-of-')))
      rmSync(this.layout.path(name), { recursive: true });
  }

  /** The namespace, and every Secret and ConfigMap that the charts name. */
  async prepare(): Promise<void> {
    await this.namespace.apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.namespace.name, labels: { [OURS]: 'true' } } },
    ]);
    await this.applySecrets();
  }

  async applySecrets(): Promise<void> {
    await this.namespace.apply(await developmentManifests(this.layout, this.options));
  }

  /** NATS, Postgres, the collector. */
  async installInfra(): Promise<void> {
    const files = this.options.infraValues.flatMap((file) => ['-f', file]);
    await this.namespace.helm([
      'upgrade',
      '--install',
      'dev-infra',
      await this.chart('dev-infra'),
      ...files,
      '--wait',
      '--timeout',
      `${INSTALL_SECONDS}s`,
    ]);
  }

  /** A chart with its dependencies in it. */
  private async chart(name: string): Promise<string> {
    // Only who installs needs helm: a test on an installed cluster does not.
    const [{ builtCharts }, { CHARTS }, { writeSchemas }] = await Promise.all([
      import('../charts/built-charts.js'),
      import('../charts/render.js'),
      import('../charts/chart-files.js'),
    ]);
    await writeSchemas();
    return join(builtCharts(CHARTS), name);
  }

  private async helmArguments(tag: string): Promise<string[]> {
    return [
      await this.chart('enishi'),
      ...this.options.values.flatMap((file) => ['-f', file]),
      '--set',
      `global.issuer=${DEVELOPMENT_ISSUER}`,
      '--set',
      'global.tokenMaxSeconds=3600',
      '--set',
      `global.routes.host=${this.options.host}`,
      '--set',
      `global.image.tag=${tag}`,
      '--set',
      `global.image.registry=${this.options.registry}`,
    ];
  }

  /** Installs, or upgrades to the images of `tag`; resolves when all pods are ready. */
  async installEnishi(tag = this.options.tag, more: readonly string[] = []): Promise<void> {
    await this.namespace.helm([
      'upgrade',
      '--install',
      this.options.release,
      ...(await this.helmArguments(tag)),
      ...more,
      '--wait',
      '--timeout',
      `${2 * INSTALL_SECONDS}s`,
    ]);
  }

  /** Agents of this machine export their spans to the cluster's collector too. */
  private async collector(): Promise<string> {
    this.forwarded ??= await this.namespace.forward('service/otel-collector', 4318);
    return `http://127.0.0.1:${this.forwarded.port}`;
  }

  async startAgent(home: string, name = 'terminal-agent'): Promise<void> {
    await this.run(new SupervisedProcess(agentSpec({ layout: this.layout, otlpEndpoint: await this.collector() }, home, name)));
  }

  async stopPart(name: string): Promise<void> {
    await this.processes.get(name)?.stop();
    this.processes.delete(name);
  }

  private async run(part: SupervisedProcess): Promise<void> {
    this.processes.set(part.spec.name, part);
    await part.start();
  }

  /** What the collector has written of spans and logs since a time (RFC 3339). */
  collected(since: string): Promise<string> {
    return this.namespace.kubectl(['logs', 'deployment/otel-collector', '--tail=-1', `--since-time=${since}`]);
  }

  /** Names of the ready pods of a service. */
  async pods(service: string): Promise<string[]> {
    const selector = `app.kubernetes.io/name=${service},app.kubernetes.io/component notin (migration)`;
    const { items } = await this.namespace.json<{
      items: { metadata: { name: string; deletionTimestamp?: string }; status: { conditions?: { type: string; status: string }[] } }[];
    }>(['get', 'pods', '-l', selector]);
    return items
      .filter(
        ({ metadata, status }) =>
          !metadata.deletionTimestamp && status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
      )
      .map(({ metadata }) => metadata.name);
  }

  /** Text of the logs of all of Enishi's pods since a time (RFC 3339). */
  async logs(since: string): Promise<string> {
    const texts = await Promise.all(
      SERVICES.map((service) =>
        this.namespace.kubectl(['logs', '-l', `app.kubernetes.io/name=${service}`, '--tail=-1', `--since-time=${since}`]),
      ),
    );
    return texts.join('\n');
  }

  /** Ends the processes of this machine. What is on the cluster stays. */
  async stop(): Promise<void> {
    await Promise.all([...this.processes.values()].reverse().map((part) => part.stop()));
    this.processes.clear();
    this.forwarded?.stop();
    this.forwarded = undefined;
  }

  /** @throws ExpectedFailure when the namespace is there and is not one of the drill */
  async requireOurs(): Promise<void> {
    const { namespace } = this;
    const label = `jsonpath={.metadata.labels.${OURS.replaceAll('.', '\\.')}}`;
    const { code, out } = await namespace.tryKubectl(['get', 'namespace', namespace.name, '-o', label]);
    if (code === 0 && out !== 'true')
      throw new ExpectedFailure(
        `The namespace ${namespace.name} was not made by this drill (it lacks the label ${OURS}), so nothing in it is touched. Name another.`,
      );
  }

  /** Takes off the namespace what was there, data too. */
  async clear(): Promise<void> {
    const { namespace } = this;
    await this.requireOurs();
    const { code, err } = await namespace.tryKubectl([
      'delete',
      'namespace',
      namespace.name,
      '--ignore-not-found',
      '--wait=true',
      '--timeout=120s',
    ]);
    if (code !== 0) throw new Error(`namespace ${namespace.name} does not go: ${err}`);
  }
}
