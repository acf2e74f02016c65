/** What this service is made of. */
import { CONFIG, type Service } from '@enishi/service';
import { AcceptResult } from './accept-result/accept-result.js';
import { AccessStore } from './access.store.js';
import { CommitRun } from './commit-run/commit-run.js';
import { type Config, configSchema } from './config.js';
import { Connectors } from './connectors.js';
import { Database } from './database.store.js';
import { EndRun } from './end-run/end-run.js';
import { EraseConnection } from './erase-connection/erase-connection.js';
import { events } from './events.js';
import { LedgerStore } from './ledger.store.js';
import { ListAccounts } from './list-accounts/list-accounts.js';
import { ListTransactions } from './list-transactions/list-transactions.js';
import { ManageAccess } from './manage-access/manage-access.js';
import { PageStore } from './page.store.js';
import { ParserController } from './parser.controller.js';
import { ParserHttpController } from './parser.http.controller.js';
import { followPlatformKeys, PLATFORM_KEYS, type PlatformKeys } from './platform-keys.js';
import { ReadingThreads } from './reading-threads/reading-threads.js';
import { SweepPages } from './sweep-pages/sweep-pages.js';

/** Keys, and the banks that they vouch for. */
const TRUST = [
  { provide: PLATFORM_KEYS, useFactory: (config: Config) => followPlatformKeys(config, events), inject: [CONFIG] },
  {
    provide: Connectors,
    useFactory: (config: Config, keys: PlatformKeys) => new Connectors(config.CONNECTORS_DIR, keys.root, events.connectorRefused),
    inject: [CONFIG, PLATFORM_KEYS],
  },
];

/** What reads the answers of banks. The service starts when it can read. */
const READERS = {
  provide: ReadingThreads,
  useFactory: (config: Config) =>
    ReadingThreads.start(
      {
        threads: config.READING_THREADS,
        deadlineMs: config.READING_DEADLINE_MS,
        memoryMb: config.READING_MEMORY_MB,
        maxNodes: config.READING_MAX_NODES,
        waiting: config.READING_QUEUE,
        waitMs: config.READING_WAIT_MS,
      },
      events,
    ),
  inject: [CONFIG],
};

export const parser = {
  name: 'parser',
  config: configSchema,
  database: Database,
  controllers: [ParserController, ParserHttpController],
  providers: [
    ...TRUST,
    READERS,
    PageStore,
    LedgerStore,
    AccessStore,
    AcceptResult,
    CommitRun,
    EndRun,
    EraseConnection,
    SweepPages,
    ListAccounts,
    ListTransactions,
    ManageAccess,
  ],
} satisfies Service<Config, Database>;
