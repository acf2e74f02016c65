/** Every query of the rendered dashboards, as Prometheus would see it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DASHBOARDS_DIR } from './places.js';

export interface DashboardQuery {
  /** Dashboard and panel. */
  readonly where: string;
  readonly expr: string;
}

interface Rendered {
  readonly uid: string;
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
}

export function dashboardQueries(): DashboardQuery[] {
  return readdirSync(DASHBOARDS_DIR)
    .toSorted()
    .flatMap((file) => {
      const { uid, panels } = JSON.parse(readFileSync(join(DASHBOARDS_DIR, file), 'utf8')) as Rendered;
      return panels.flatMap(({ title, targets = [] }) =>
        targets.map(({ expr }) => ({ where: `${uid}, ${title}`, expr: withoutVariables(expr) })),
      );
    });
}

/** Grafana's variables replaced: durations by one, choices by all. */
function withoutVariables(expr: string): string {
  return expr.replaceAll(/\$__(?:rate_interval|interval|range)\b/g, '5m').replaceAll(/\$\{?\w+\}?/g, '.*');
}
