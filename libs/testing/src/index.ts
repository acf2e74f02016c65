export { clusterOfRun, drillCount } from './environment-config.js';
export { type DatabaseService, type FreshDatabase, freshDatabase } from './fresh-database.js';
export { type FreshNats, freshNats } from './fresh-nats.js';
export { type FreshPki, freshPki } from './fresh-pki.js';
export { type FreshPlatform, freshPlatform, type HttpAnswer, type HttpRequest, tokenFor } from './fresh-platform.js';
export { type TestRun, testRun } from './run.js';
export { type CollectedLog, type CollectedSpan, TelemetryCollector } from './telemetry-collector.js';
export { type WaitForOptions, waitFor } from './wait-for.js';
