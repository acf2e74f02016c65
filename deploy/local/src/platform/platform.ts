/** The whole platform on this machine: Postgres, nats-server, every service a process, and the example bank. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES, type ServiceName, schemaOf, TERMINAL_PATH } from '@enishi/contracts';
import { bootstrap, migrate } from '@enishi/database';
import { findNatsServer, type RunningNats, type RunningPostgres, startNatsServer, startPostgres } from '@enishi/infra';
import { natsServerConfig, provision } from '@enishi/messaging';
import { otlpEndpoint } from '../config.js';
import { ExpectedFailure } from '../expected-failure.js';
import { type Layout, prismaFiles, ROOT, SHARED_CACHE } from '../layout.js';
import { natsKeys, operatorLogin } from '../nats-keys.js';
import { ensurePki, signConnector } from '../pki.js';
import type { Progress } from '../terminal-output.js';
import { SupervisedProcess } from './child-process.js';
import { databasePasswords, databaseUrls } from './database-urls.js';
import { agentSpec, bankSpec, type PartContext, serviceSpec } from './parts.js';
import type { Door, Place } from './place.js';
import { occupiedPorts } from './ports.js';
import { ServerPart } from './server-part.js';

export interface PlatformOptions {
  readonly layout: Layout;
  readonly progress: Progress;
  readonly bankSeed?: number;
  /** Where spans go; default: OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly otlpEndpoint?: string;
  /** Told when a part died by itself (it is started again). */
  readonly onDeath?: (name: string, how: string) => void;
  /** Told when a part was started again: `parts()` has its new process id. */
  readonly onRestart?: () => void;
}

export class Platform implements Place {
  readonly layout: Layout;
  private readonly progress: Progress;
  private readonly onDeath: (name: string, how: string) => void;
  private postgres: ServerPart<RunningPostgres> | undefined;
  private nats: ServerPart<RunningNats> | undefined;
  private readonly context: PartContext;
  private readonly processes = new Map<string, SupervisedProcess>();

  constructor(private readonly options: PlatformOptions) {
    this.layout = options.layout;
    this.progress = options.progress;
    this.context = { layout: options.layout, otlpEndpoint: options.otlpEndpoint ?? otlpEndpoint };
    this.onDeath = options.onDeath ?? ((name, how) => this.progress.note(`${name} died (${how}); starting it again`));
  }

  /** Starts all parts; when one does not start, what was started is stopped again and the reason is thrown. */
  async start(): Promise<void> {
    const taken = await occupiedPorts(this.layout);
    if (taken.length > 0) {
      throw new ExpectedFailure(
        `Ports already in use: ${taken.join(', ')}. Stop what uses them, or choose another base: --port-base 4600.`,
      );
    }
    mkdirSync(this.layout.dir, { recursive: true });
    try {
      await this.startParts();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  private async startParts(): Promise<void> {
    const { layout, progress } = this;
    let done = progress.begin('Keys and certificates of this machine');
    await ensurePki(layout);
    done();

    done = progress.begin('Postgres');
    const postgres = new ServerPart(
      'postgres',
      () => startPostgres({ dir: layout.path('postgres'), port: layout.ports.postgres }),
      this.onDeath,
      this.options.onRestart,
    );
    this.postgres = postgres;
    const adminUrl = (await postgres.start()).adminUrl();
    await bootstrap({ adminUrl, services: databasePasswords(layout) });
    const urls = databaseUrls(layout);
    for (const name of SERVICES) {
      await migrate({ url: urls[name], schema: schemaOf(name), migrationsDir: prismaFiles(name).migrationsDir });
    }
    done();

    done = progress.begin('nats-server with JetStream');
    const { file } = await findNatsServer(SHARED_CACHE, (message) => progress.note(message));
    this.nats = new ServerPart('nats-server', () => this.startNats(file), this.onDeath, this.options.onRestart);
    await this.nats.start();
    await provision(operatorLogin(layout));
    done();

    done = progress.begin('The example bank');
    await this.run(bankSpec(this.context, this.options.bankSeed ?? 1));
    signConnector(layout, join(ROOT, 'examples', 'bank', 'connector.json'), {
      origin: `https://localhost:${layout.ports.bank}`,
      serverCa: readFileSync(layout.path('bank', 'ca.pem'), 'utf8'),
    });
    done();

    done = progress.begin(`Services: ${SERVICES.join(', ')}`);
    await Promise.all(SERVICES.map((name) => this.run(serviceSpec(this.context, name, urls[name]))));
    done();
  }

  private startNats(binary: string): Promise<RunningNats> {
    const { layout } = this;
    const keys = natsKeys(layout.path('nats'));
    const configFile = layout.path('nats', 'nats-server.conf');
    writeFileSync(configFile, natsServerConfig({ ...keys, port: layout.ports.nats, storeDir: layout.path('nats', 'store') }));
    return startNatsServer({ binary, configFile, dir: layout.path('nats') });
  }

  private async run(spec: ConstructorParameters<typeof SupervisedProcess>[0]): Promise<SupervisedProcess> {
    const part = new SupervisedProcess(spec, this.onDeath, this.options.onRestart);
    this.processes.set(spec.name, part);
    await part.start();
    return part;
  }

  doorOf(service: ServiceName): Door {
    return { host: '127.0.0.1', port: this.layout.ports[service], serverName: 'localhost' };
  }

  get relayUrl(): string {
    return `wss://localhost:${this.layout.ports['terminal-door']}${TERMINAL_PATH}`;
  }

  async startAgent(home: string, name = 'terminal-agent'): Promise<void> {
    await this.run(agentSpec(this.context, home, name));
  }

  async stopPart(name: string): Promise<void> {
    await this.processes.get(name)?.stop();
    this.processes.delete(name);
  }

  /** Every part by name, with its process id while it runs. */
  parts(): { name: string; pid: number | undefined }[] {
    const servers = [this.postgres, this.nats].filter((part) => part !== undefined);
    return [...servers, ...[...this.processes.entries()].map(([name, part]) => ({ name, pid: part.pid }))].map(({ name, pid }) => ({
      name,
      pid,
    }));
  }

  /** kill -9. The part comes back on the same data. */
  async kill(name: string): Promise<void> {
    const part = name === 'postgres' ? this.postgres : name === 'nats-server' ? this.nats : this.processes.get(name);
    if (!part)
      throw new Error(
        `no part is called ${name}: ${this.parts()
          .map((known) => known.name)
          .join(', ')}`,
      );
    await part.kill();
  }

  /** Resolves when every part is up and ready again after a kill. */
  async settled(): Promise<void> {
    await Promise.all([this.postgres?.settled(), this.nats?.settled()]);
    await Promise.all([...this.processes.values()].map((part) => part.waitUntilReady()));
  }

  /** In the order of dependence: agents and services finish what they hold while NATS and Postgres are still there. */
  async stop(): Promise<void> {
    const servicesLast = [...this.processes.values()].reverse();
    await Promise.all(servicesLast.map((part) => part.stop()));
    this.processes.clear();
    await this.nats?.stop();
    await this.postgres?.stop();
    rmSync(this.layout.path('endpoints.json'), { force: true });
  }
}
