/** The only module: controllers, and one flat list of parts. */
import { groundOf } from '@enishi/service';
import { type DynamicModule, Module } from '@nestjs/common';
import { CommandDispatcherController } from './command-dispatcher.controller.js';
import { CommandDispatcherHttpController } from './command-dispatcher.http.controller.js';
import { CONFIG, type Config } from './config.js';
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
import { events, logAt } from './events.js';
import { GetOrder } from './get-order/get-order.js';
import { GetRun } from './get-run/get-run.js';
import { HearPageRead } from './hear-page-read/hear-page-read.js';
import { HearTerminalAttached } from './hear-terminal-attached/hear-terminal-attached.js';
import { InboxStore } from './inbox.store.js';
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

export const SERVICE = 'command-dispatcher';

/** Keys, and the banks that they vouch for. */
const TRUST = [
  { provide: PLATFORM_KEYS, useFactory: (config: Config) => followPlatformKeys(config, events), inject: [CONFIG] },
  {
    provide: Connectors,
    useFactory: (config: Config, keys: PlatformKeys) => new Connectors(config.CONNECTORS_DIR, keys.root, logAt(config.LOG_LEVEL)),
    inject: [CONFIG, PLATFORM_KEYS],
  },
];

@Module({})
export class AppModule {
  static with(config: Config): DynamicModule {
    return {
      module: AppModule,
      controllers: [CommandDispatcherController, CommandDispatcherHttpController],
      providers: [
        { provide: CONFIG, useValue: config },
        ...groundOf({ service: SERVICE, config, log: logAt(config.LOG_LEVEL), database: Database }),
        ...TRUST,
        TerminalStore,
        ConnectionStore,
        RunStore,
        InboxStore,
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
    };
  }
}
