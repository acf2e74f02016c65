/** A service as what makes it that service; everything that all services have is here. */
import { readConfigOrExit, type serviceFields } from '@enishi/config';
import type { ServiceName } from '@enishi/contracts';
import { type RunningService, start } from '@enishi/http';
import { Bus, EnishiTransport } from '@enishi/messaging';
import { createLogger, setLogLevel } from '@enishi/telemetry';
import { type INestApplication, Module, type Provider, type Type } from '@nestjs/common';
import type { z } from 'zod';
import { inboxOn } from './inbox.js';
import { type DatabaseClass, type ServiceDatabase, standardProviders } from './standard-providers.js';

/** Injection token of the service's configuration, as its `config.ts` parses it. */
export const CONFIG = Symbol('CONFIG');

/** What every service's configuration has. */
type ServiceConfig = z.infer<z.ZodObject<typeof serviceFields>>;

export interface Service<C extends ServiceConfig, D extends ServiceDatabase> {
  readonly name: ServiceName;
  /** Of `config.ts`: the environment is read through it, once. */
  readonly config: z.ZodObject & z.ZodType<C>;
  /** The service's class around its generated Prisma client. */
  readonly database: DatabaseClass<D>;
  readonly controllers: Type[];
  /** Stores, use cases, keys. They may inject CONFIG, the database class and Bus. */
  readonly providers: Provider[];
  /** Runs each time that a heard event has taken effect, after the commit. */
  readonly afterHearing?: (app: INestApplication) => void;
  /** Ends what the service itself holds open, before the bus takes no more messages. */
  readonly beforeClosing?: (app: INestApplication) => Promise<void>;
}

/** For `main.ts`: reads the environment, starts, and ends at SIGTERM. A wrong configuration is told in full, exit 78. */
export async function runService<C extends ServiceConfig, D extends ServiceDatabase>(service: Service<C, D>): Promise<void> {
  await startService(service, readConfigOrExit(service.config) as C);
}

/** Starts the service in this process. `signals: false` leaves SIGTERM alone, for tests. */
export function startService<C extends ServiceConfig, D extends ServiceDatabase>(
  service: Service<C, D>,
  config: C,
  { signals = true }: { signals?: boolean } = {},
): Promise<RunningService> {
  const { name, database, afterHearing, beforeClosing } = service;
  setLogLevel(config.LOG_LEVEL);
  const log = createLogger(name);
  return start({
    service: name,
    module: {
      module: ServiceModule,
      controllers: service.controllers,
      providers: [
        { provide: CONFIG, useValue: config },
        ...standardProviders({ service: name, config, log, database }),
        ...service.providers,
      ],
    },
    config,
    log,
    strategy: (app) =>
      new ServiceTransport({ bus: app.get(Bus), inbox: inboxOn(app.get<D>(database), () => afterHearing?.(app)) }, async () =>
        beforeClosing?.(app),
      ),
    signals,
  });
}

@Module({})
class ServiceModule {}

class ServiceTransport extends EnishiTransport {
  constructor(
    options: ConstructorParameters<typeof EnishiTransport>[0],
    private readonly beforeClosing: () => Promise<void>,
  ) {
    super(options);
  }

  override async close(): Promise<void> {
    await this.beforeClosing();
    await super.close();
  }
}
