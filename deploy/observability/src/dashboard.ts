/** What all our dashboards have in common: fixed ids, the variables at the top, links to each other. */
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type DashboardLink,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DATASOURCE, type PanelPart } from './panels.js';
import { ALL_SERVICES } from './promql.js';

interface Row {
  readonly title: string;
  readonly panels: readonly PanelPart[];
}

const TAG = 'enishi';

/** `uid` is part of addresses that people keep: it never changes. */
export function dashboard(said: {
  uid: `enishi-${string}`;
  title: string;
  description: string;
  /** With `service`, the reader chooses one as well. */
  chooses: readonly ('namespace' | 'service')[];
  rows: readonly Row[];
}): Dashboard {
  const builder = new DashboardBuilder(`Enishi / ${said.title}`)
    .uid(said.uid)
    .description(said.description)
    .tags([TAG])
    .readonly()
    .refresh('30s')
    .time({ from: 'now-3h', to: 'now' })
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .link({ build: linkToTheOthers });
  for (const name of said.chooses) builder.withVariable(choice(name));
  let id = 0;
  for (const { title, panels } of said.rows) {
    builder.withRow(new RowBuilder(title).id(++id));
    for (const panel of panels) builder.withPanel(panel.id(++id));
  }
  return builder.build();
}

/** Keeps time and variables, so that one goes on looking at the same trouble. */
function linkToTheOthers(): DashboardLink {
  const link = new DashboardLinkBuilder('Enishi').type(DashboardLinkType.Dashboards).tags([TAG]).includeVars(true).keepTime(true).build();
  // The SDK's default hides the links in a menu.
  return { ...link, placement: undefined };
}

function choice(name: 'namespace' | 'service'): QueryVariableBuilder {
  const choices =
    name === 'namespace'
      ? `label_values(up{service=~"${ALL_SERVICES}"}, namespace)`
      : `label_values(up{service=~"${ALL_SERVICES}",namespace=~"$namespace"}, service)`;
  return (
    new QueryVariableBuilder(name)
      .label(name === 'namespace' ? 'Namespace' : 'Service')
      .datasource(DATASOURCE)
      .query(choices)
      .definition(choices)
      .refresh(VariableRefresh.OnTimeRangeChanged)
      .sort(VariableSort.AlphabeticalAsc)
      .multi(true)
      .includeAll(true)
      // Fits series without the label too: a Prometheus outside of Kubernetes adds none.
      .allValue('.*')
      .current({ text: 'All', value: '$__all' })
  );
}
