/** What this service is made of. */
import type { Service } from '@enishi/service';
import { AcceptTerminals } from './accept-terminals/accept-terminals.js';
import { type Config, configSchema } from './config.js';
import { Database } from './database.store.js';
import { GetPresence } from './get-presence/get-presence.js';
import { ServeTerminal } from './serve-terminal/serve-terminal.js';
import { SessionStore } from './session.store.js';
import { TerminalRelayController } from './terminal-relay.controller.js';

export const terminalRelay = {
  name: 'terminal-relay',
  config: configSchema,
  database: Database,
  controllers: [TerminalRelayController],
  providers: [SessionStore, GetPresence, ServeTerminal, AcceptTerminals],
  // An order that is under way is answered at once, not when its time is over.
  beforeClosing: (app) => app.get(AcceptTerminals).drain(),
} satisfies Service<Config, Database>;
