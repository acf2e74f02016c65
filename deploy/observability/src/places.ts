/** Where the rendered files lie. */
import { join } from 'node:path';

const HERE = join(import.meta.dirname, '..');

export const ROOT: string = join(HERE, '..', '..');
export const DASHBOARDS_DIR: string = join(HERE, 'grafana', 'dashboards');
export const RULES_DIR: string = join(HERE, 'prometheus', 'rules');
export const RULE_TESTS_DIR: string = join(HERE, 'prometheus', 'tests');
export const COLLECTOR_CONFIG: string = join(HERE, 'collector', 'config.yaml');
export const COLLECTOR_CONFIG_OF_CHART: string = join(ROOT, 'helm', 'dev-infra', 'files', 'collector.yaml');
