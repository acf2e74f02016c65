/** What this service is made of. */
import { CONFIG, type Service } from '@enishi/service';
import { createLogger } from '@enishi/telemetry';
import { CommandDispatcherController } from './command-dispatcher.controller.js';
import { CommandDispatcherHttpController } from './command-dispatcher.http.controller.js';
import { type Config, configSchema } from './config.js';
import { ConnectionStore } from './connection.store.js';
import { Connectors } from './connectors.js';
import { CreateConnection } from './create-connection/create-connection.js';
import { CreateEnrolmentCode } from './create-enrolment-code/create-enrolment-code.js';
import { Database } from './database.store.js';
import { DriveRun } from './drive-run/drive-run.js';
import { DriveRuns } from './drive-run/drive-runs.js';
import { IssueOrder } from './drive-run/issue-order.js';
import { EndRun } from './end-run.js';
import { EnrolTerminal } from './enrol-terminal/enrol-terminal.js';
import { EraseConnection } from './erase-connection/erase-connection.js';
import { events } from './events.js';
import { GetOrder } from './get-order/get-order.js';
import { GetRun } from './get-run/get-run.js';
import { HearPageRead } from './hear-page-read/hear-page-read.js';
import { HearTerminalAttached } from './hear-terminal-attached/hear-terminal-attached.js';
import { ListConnections } from './list-connections/list-connections.js';
import { ListConnectors } from './list-connectors/list-connectors.js';
import { ListTerminals } from './list-terminals/list-terminals.js';
import { OpenSession } from './open-session/open-session.js';
import { followPlatformKeys, PLATFORM_KEYS, type PlatformKeys } from './platform-keys.js';
import { RevokeTerminal } from './revoke-terminal/revoke-terminal.js';
import { RunStore } from './run.store.js';
import { StartRun } from './start-run/start-run.js';
import { TerminalStore } from './terminal.store.js';
import { RunFeeds } from './watch-run/run-feeds.js';
import { WatchRun } from './watch-run/watch-run.js';

/** Keys, and the banks that they vouch for. */
const TRUST = [
  { provide: PLATFORM_KEYS, useFactory: (config: Config) => followPlatformKeys(config, events), inject: [CONFIG] },
  {
    provide: Connectors,
    useFactory: (config: Config, keys: PlatformKeys) =>
      new Connectors(config.CONNECTORS_DIR, keys.root, createLogger('command-dispatcher')),
    inject: [CONFIG, PLATFORM_KEYS],
  },
];

export const commandDispatcher = {
  name: 'command-dispatcher',
  config: configSchema,
  database: Database,
  controllers: [CommandDispatcherController, CommandDispatcherHttpController],
  providers: [
    ...TRUST,
    TerminalStore,
    ConnectionStore,
    RunStore,
    CreateEnrolmentCode,
    EnrolTerminal,
    OpenSession,
    ListTerminals,
    RevokeTerminal,
    ListConnectors,
    CreateConnection,
    ListConnections,
    EraseConnection,
    StartRun,
    IssueOrder,
    DriveRun,
    DriveRuns,
    EndRun,
    HearPageRead,
    HearTerminalAttached,
    GetOrder,
    GetRun,
    RunFeeds,
    WatchRun,
  ],
  // Dying before: the row says when the run is due, and the next sweep of any process finds it.
  afterHearing: (app) => app.get(DriveRuns).poke(),
} satisfies Service<Config, Database>;
