/** The building blocks of our dashboards: each panel has a unit, a sentence that explains it, and the chosen data source. */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  VizLegendOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { type Panel, ThresholdsConfigBuilder, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard';
import {
  PanelBuilder as HeatmapBuilder,
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { select, sumRate } from './promql.js';

/** What the reader chose at the top of the dashboard. */
export const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
export const RANGE = '$__rate_interval';
export const NAMESPACE = 'namespace=~"$namespace"';
export const SERVICE = 'service=~"$service"';

const HEIGHT = 8;

export interface PanelPart extends Builder<Panel> {
  id(id: number): this;
}

interface PanelText {
  readonly title: string;
  /** One sentence: what is seen, and what is good. */
  readonly description: string;
  /** A unit of Grafana: `s`, `reqps`, `percentunit`, `short`, `bytes`. */
  readonly unit: string;
  /** In parts of 24. */
  readonly width?: number;
}

export interface Query {
  readonly expr: string;
  /** `{{label}}` or words. */
  readonly legend: string;
}

/** Lines over time. Queries of histograms carry exemplars: each dot is a trace. */
export function timeseries(text: PanelText & { queries: readonly Query[]; stacked?: boolean; limit?: number }): PanelPart {
  const panel = new TimeseriesBuilder()
    .title(text.title)
    .description(text.description)
    .datasource(DATASOURCE)
    .unit(text.unit)
    .min(0)
    .span(text.width ?? 8)
    .height(HEIGHT)
    .lineWidth(1)
    .fillOpacity(text.stacked === true ? 40 : 8)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs(['lastNotNull']),
    );
  if (text.stacked === true)
    panel.drawStyle(GraphDrawStyle.Bars).stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
  if (text.limit !== undefined) panel.thresholds(redFrom(text.limit));
  for (const [index, query] of text.queries.entries()) panel.withTarget(target(query, index));
  return panel;
}

/** One number now. From `badFrom` on it is red. */
export function stat(text: PanelText & { queries: readonly Query[]; badFrom?: number; badBelow?: number }): PanelPart {
  const panel = new StatBuilder()
    .title(text.title)
    .description(text.description)
    .datasource(DATASOURCE)
    .unit(text.unit)
    .span(text.width ?? 4)
    .height(HEIGHT / 2)
    .colorMode(BigValueColorMode.Value)
    .noValue('–')
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .thresholds(text.badBelow === undefined ? redFrom(text.badFrom) : greenFrom(text.badBelow));
  for (const [index, query] of text.queries.entries()) panel.withTarget(target(query, index));
  return panel;
}

/** How a histogram's observations are spread over time. `histogram` is named without `_bucket`. */
export function heatmap(text: PanelText & { histogram: string; matchers: readonly string[] }): PanelPart {
  const expr = sumRate(select(`${text.histogram}_bucket`, ...text.matchers), RANGE, 'le');
  return new HeatmapBuilder()
    .title(text.title)
    .description(text.description)
    .datasource(DATASOURCE)
    .unit(text.unit)
    .span(text.width ?? 8)
    .height(HEIGHT)
    .calculate(false)
    .yAxis(new YAxisConfigBuilder().unit(text.unit))
    .color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme('Blues').steps(64))
    .withTarget(target({ expr, legend: '{{le}}' }, 0).format(PromQueryFormat.Heatmap));
}

function target({ expr, legend }: Query, index: number): DataqueryBuilder {
  return new DataqueryBuilder()
    .refId(String.fromCharCode('A'.charCodeAt(0) + index))
    .datasource(DATASOURCE)
    .expr(expr)
    .legendFormat(legend)
    .range()
    .exemplar(expr.includes('_bucket'));
}

function redFrom(limit: number | undefined): ThresholdsConfigBuilder {
  const green = { value: null, color: 'green' };
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(limit === undefined ? [green] : [green, { value: limit, color: 'red' }]);
}

function greenFrom(limit: number): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
    { value: null, color: 'red' },
    { value: limit, color: 'green' },
  ]);
}
