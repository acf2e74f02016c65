/** The only module: one controller, and one flat list of parts. */
import { groundOf } from '@enishi/service';
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

@Module({})
export class AppModule {
  static with(config: Config): DynamicModule {
    return {
      module: AppModule,
      controllers: [TerminalRelayController],
      providers: [
        { provide: CONFIG, useValue: config },
        ...groundOf({ service: SERVICE, config, log: logAt(config.LOG_LEVEL), database: Database }),
        SessionStore,
        GetPresence,
        ServeTerminal,
        AcceptTerminals,
      ],
    };
  }
}
