/** The only module: controllers, and one flat list of parts. */
import { schemaOf } from '@enishi/contracts';
import { OutboxPublisher, writeOutbox } from '@enishi/database';
import { READINESS, type ReadinessCheck } from '@enishi/http';
import { Bus, connectBus } from '@enishi/messaging';
import { type DynamicModule, Module } from '@nestjs/common';
import { AcceptResult } from './accept-result/accept-result.js';
import { AccessStore } from './access.store.js';
import { CommitRun } from './commit-run/commit-run.js';
import { CONFIG, type Config } from './config.js';
import { Connectors } from './connectors.js';
import { Database } from './database.store.js';
import { EndRun } from './end-run/end-run.js';
import { EraseConnection } from './erase-connection/erase-connection.js';
import { events, logAt } from './events.js';
import { InboxStore } from './inbox.store.js';
import { LedgerStore } from './ledger.store.js';
import { ListAccounts } from './list-accounts/list-accounts.js';
import { ListTransactions } from './list-transactions/list-transactions.js';
import { ManageAccess } from './manage-access/manage-access.js';
import { PageStore } from './page.store.js';
import { ParserController } from './parser.controller.js';
import { ParserHttpController } from './parser.http.controller.js';
import { PLATFORM_KEYS, type PlatformKeys, platformKeysOf } from './platform-keys.js';
import { SweepPages } from './sweep-pages/sweep-pages.js';

export const SERVICE = 'parser';

/** What the parts are built upon: keys, Postgres, the bus with its outbox. */
const GROUND = [
  { provide: PLATFORM_KEYS, useFactory: platformKeysOf, inject: [CONFIG] },
  {
    provide: Database,
    useFactory: (config: Config) => new Database({ url: config.DATABASE_URL, schema: schemaOf(SERVICE) }),
    inject: [CONFIG],
  },
  {
    provide: Connectors,
    useFactory: (config: Config, keys: PlatformKeys) => new Connectors(config.CONNECTORS_DIR, keys.root, events.connectorRefused),
    inject: [CONFIG, PLATFORM_KEYS],
  },
  {
    provide: Bus,
    useFactory: (config: Config) =>
      connectBus({
        url: config.NATS_URL,
        nkeySeed: config.NATS_NKEY_FILE.reveal(),
        service: SERVICE,
        caFile: config.NATS_CA_FILE,
        log: logAt(config.LOG_LEVEL),
      }),
    inject: [CONFIG],
  },
  {
    provide: OutboxPublisher,
    useFactory: (bus: Bus, database: Database) => {
      const outbox = new OutboxPublisher({ sql: database.client, publish: (row) => bus.publish(row) });
      bus.useOutbox({ write: writeOutbox, poke: () => outbox.poke() });
      outbox.start();
      return Object.assign(outbox, { onModuleDestroy: () => outbox.stop() });
    },
    inject: [Bus, Database],
  },
  {
    provide: READINESS,
    useFactory: (database: Database, bus: Bus): ReadinessCheck[] => [
      { name: 'postgres', check: () => database.check() },
      { name: 'nats', check: () => bus.check() },
    ],
    inject: [Database, Bus],
  },
];

@Module({})
export class AppModule {
  static with(config: Config): DynamicModule {
    return {
      module: AppModule,
      controllers: [ParserController, ParserHttpController],
      providers: [
        { provide: CONFIG, useValue: config },
        ...GROUND,
        PageStore,
        LedgerStore,
        AccessStore,
        InboxStore,
        AcceptResult,
        CommitRun,
        EndRun,
        EraseConnection,
        SweepPages,
        ListAccounts,
        ListTransactions,
        ManageAccess,
      ],
    };
  }
}
