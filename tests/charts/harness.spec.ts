/** That the charts' tests see what a cluster would get. */
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { singleObject } from '../../deploy/local/src/charts/manifest.js';
import { refusalOf, renderChart } from '../../deploy/local/src/charts/render.js';

const TINY = join(import.meta.dirname, 'fixtures', 'tiny');

describe('the harness of the charts', () => {
  it('renders a chart with its dependencies, as a release of its name in the namespace enishi', () => {
    expect(renderChart(TINY, { greeting: 'おはよう' })).toEqual([
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name: 'tiny',
          namespace: 'enishi',
          labels: { 'app.kubernetes.io/name': 'tiny', 'app.kubernetes.io/instance': 'tiny' },
        },
        data: { greeting: 'おはよう', kubernetes: 'v1.34.0' },
      },
    ]);
  });

  it('renders for another cluster, release and namespace', () => {
    const options = { apiVersions: ['monitoring.coreos.com/v1/ServiceMonitor'], kubeVersion: '1.35.1', release: 'it', namespace: 'there' };
    const manifests = renderChart(TINY, {}, options);
    expect(singleObject(manifests, 'ConfigMap')).toMatchObject({
      metadata: { name: 'it', namespace: 'there' },
      data: { kubernetes: 'v1.35.1' },
    });
    expect(singleObject(manifests, 'ServiceMonitor', 'it').spec).toEqual({ selector: { matchLabels: {} }, endpoints: [{ port: 'http' }] });
  });

  it('tells with which sentence values are refused, by the chart or by its schema', () => {
    expect(refusalOf(TINY, { greeting: 'silence' })).toContain('tiny: greeting must not be silence; say a word');
    expect(refusalOf(TINY, { greting: 'hello' })).toMatch(/greting/);
  });

  it('is not content when bad values are taken', () => {
    expect(() => refusalOf(TINY, {})).toThrow('takes these values');
    expect(() => singleObject(renderChart(TINY, {}), 'Service')).toThrow('wanted one Service; there are: ConfigMap tiny');
  });
});
