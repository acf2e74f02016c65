/** `node deploy/observability/dist/render.js` writes the dashboards and rules anew, and the chart's copy of the collector's configuration. The same sources give the same bytes. */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DASHBOARDS } from './dashboards.js';
import { COLLECTOR_CONFIG, COLLECTOR_CONFIG_OF_CHART, DASHBOARDS_DIR, RULES_DIR } from './places.js';
import { ALERTS } from './rules/alerts.js';
import { RECORDING } from './rules/recording.js';
import { ruleFile } from './rules/rule.js';

// Made anew, so that a dashboard that is gone here is gone there.
rmSync(DASHBOARDS_DIR, { recursive: true, force: true });
mkdirSync(DASHBOARDS_DIR, { recursive: true });
for (const dashboard of DASHBOARDS)
  writeFileSync(join(DASHBOARDS_DIR, `${dashboard.uid}.json`), `${JSON.stringify(sorted(dashboard), null, 2)}\n`);

mkdirSync(RULES_DIR, { recursive: true });
writeFileSync(join(RULES_DIR, 'recording.yaml'), ruleFile(RECORDING));
writeFileSync(join(RULES_DIR, 'alerts.yaml'), ruleFile(ALERTS));

// A chart reads no file outside of it.
copyFileSync(COLLECTOR_CONFIG, COLLECTOR_CONFIG_OF_CHART);

/** Keys in the order of the alphabet: a new release of the SDK that only reorders them changes nothing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
