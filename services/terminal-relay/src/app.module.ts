/** The only module: one controller, and one flat list of parts. */
import { schemaOf } from '@enishi/contracts';
import { OutboxPublisher, writeOutbox } from '@enishi/database';
import { READINESS, type ReadinessCheck } from '@enishi/http';
import { Bus, connectBus } from '@enishi/messaging';
import { type DynamicModule, Module } from '@nestjs/common';
import { AcceptTerminals } from './accept-terminals/accept-terminals.js';
import { CONFIG, type Config } from './config.js';
import { Database } from './database.store.js';
import { logAt } from './events.js';
import { GetPresence } from './get-presence/get-presence.js';
import { ServeTerminal } from './serve-terminal/serve-terminal.js';
import { SessionStore } from './session.store.js';
import { TerminalRelayController } from './terminal-relay.controller.js';

export const SERVICE = 'terminal-relay';

/** What the parts are built upon: Postgres, the bus with its outbox. No key that signs or opens is among it. */
const GROUND = [
  {
    provide: Database,
    useFactory: (config: Config) => new Database({ url: config.DATABASE_URL, schema: schemaOf(SERVICE) }),
    inject: [CONFIG],
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
      controllers: [TerminalRelayController],
      providers: [{ provide: CONFIG, useValue: config }, ...GROUND, SessionStore, GetPresence, ServeTerminal, AcceptTerminals],
    };
  }
}
