/** Every dashboard, in the order in which one looks. */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { aggregation } from './dashboards/aggregation.js';
import { bus } from './dashboards/bus.js';
import { database } from './dashboards/database.js';
import { overview } from './dashboards/overview.js';
import { service } from './dashboards/service.js';

export const DASHBOARDS: readonly Dashboard[] = [overview, aggregation, bus, database, service];
