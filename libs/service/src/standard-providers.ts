/** What the parts of every service are built upon: Postgres, the bus with its outbox, and what /readyz asks. */
import type { Secret } from '@enishi/config';
import { type ServiceName, schemaOf } from '@enishi/contracts';
import { OutboxPublisher, type PrismaAdapterOptions, type TransactingClient, writeOutbox } from '@enishi/database';
import { READINESS, type ReadinessCheck } from '@enishi/http';
import { Bus, connectBus } from '@enishi/messaging';
import type { Logger } from '@enishi/telemetry';
import type { Provider } from '@nestjs/common';
import type { Transactions } from './inbox.js';

/** The service's own class around its own Prisma client. */
export interface ServiceDatabase extends Transactions {
  readonly client: TransactingClient;
  /** Throws when Postgres is away. */
  check(): Promise<void>;
}

export type DatabaseClass<D extends ServiceDatabase> = new (options: PrismaAdapterOptions) => D;

export interface StandardOptions<D extends ServiceDatabase> {
  readonly service: ServiceName;
  readonly config: {
    readonly DATABASE_URL: string;
    readonly DATABASE_PASSWORD_FILE?: Secret | undefined;
    readonly NATS_URL: string;
    readonly NATS_NKEY_FILE: Secret;
    readonly NATS_CA_FILE?: string | undefined;
  };
  readonly log: Logger;
  readonly database: DatabaseClass<D>;
}

/** Providers of the service's database class, of Bus, of the outbox that publishes while the service lives, and of READINESS. */
export function standardProviders<D extends ServiceDatabase>({ service, config, log, database }: StandardOptions<D>): Provider[] {
  return [
    {
      provide: database,
      useFactory: () => new database({ url: config.DATABASE_URL, password: config.DATABASE_PASSWORD_FILE, schema: schemaOf(service) }),
    },
    {
      provide: Bus,
      useFactory: () =>
        connectBus({ service, log, url: config.NATS_URL, nkeySeed: () => config.NATS_NKEY_FILE.reveal(), caFile: config.NATS_CA_FILE }),
    },
    {
      provide: OutboxPublisher,
      inject: [Bus, database],
      useFactory: (bus: Bus, { client }: D) => {
        const outbox = new OutboxPublisher({ sql: client, log, publish: (row) => bus.publish(row) });
        bus.useOutbox({ write: writeOutbox, poke: () => outbox.poke() });
        outbox.start();
        return Object.assign(outbox, { onModuleDestroy: () => outbox.stop() });
      },
    },
    {
      provide: READINESS,
      inject: [database, Bus],
      useFactory: (postgres: D, bus: Bus): ReadinessCheck[] => [
        { name: 'postgres', check: () => postgres.check() },
        { name: 'nats', check: () => bus.check() },
        { name: 'streams', check: () => bus.checkStreams() },
      ],
    },
  ];
}
