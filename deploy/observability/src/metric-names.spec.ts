import { describe, expect, it } from '@jest/globals';
import { namesIn } from './metric-names.js';

describe('names in PromQL', () => {
  it('are metrics with the labels of their matchers, functions and operators left out', () => {
    expect(
      namesIn('sum(rate(a_total{x="1", y!~"sum(b)"}[5m])) / on (z) group_left (w) sum by (z) (c:d:rate5m offset 1h) > bool 0.5'),
    ).toEqual({
      metrics: [
        { metric: 'a_total', labels: ['x', 'y'] },
        { metric: 'c:d:rate5m', labels: [] },
      ],
      grouping: ['z', 'w'],
    });
  });

  it('are found with the grouping behind, with group_left without a list, and in every operand', () => {
    expect(namesIn('sum(a) by (x) and b unless c or d * on (y) group_left e')).toEqual({
      metrics: ['a', 'b', 'c', 'd', 'e'].map((metric) => ({ metric, labels: [] })),
      grouping: ['x', 'y'],
    });
  });

  it('of one metric are put together, and none are found in strings, comments, ranges and numbers', () => {
    expect(namesIn('a{x="b{y=1}"} # c\n + a{z=~`d|e`}[1h:5m] > 1e3 + Inf')).toEqual({
      metrics: [{ metric: 'a', labels: ['x', 'z'] }],
      grouping: [],
    });
  });
});
