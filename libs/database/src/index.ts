export { type BootstrapOptions, bootstrap, serviceUrl } from './bootstrap.js';
export { databaseAway } from './database-away.js';
export { checkDrift, type DriftOptions, diffToMigration } from './drift.js';
export { onceOnly } from './inbox.js';
export { type MigrateOptions, MigrationError, migrate } from './migrate.js';
export { type OutboxRow, writeOutbox } from './outbox.js';
export { OutboxPublisher, type OutboxPublisherOptions } from './outbox-publisher.js';
export { type PrismaAdapterOptions, prismaAdapter } from './prisma-adapter.js';
export type { SqlClient, TransactingClient } from './sql-client.js';
