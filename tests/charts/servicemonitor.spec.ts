/** How Prometheus finds a service. */
import { expect, it } from '@jest/globals';
import { singleObject } from '../../deploy/local/src/charts/manifest.js';
import { renderChart } from '../../deploy/local/src/charts/render.js';
import { ofKind, values } from './rendered.js';

const metricsFrom = [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }];
const monitored = (metrics: object) => renderChart('parser', values({ metrics, networkPolicy: { metricsFrom } }));

it('a ServiceMonitor fetches /metrics by TLS from pods that it knows by their CA, and names the series by the service', () => {
  const rendered = monitored({ serviceMonitor: true, interval: '15s', caConfigMap: 'doors-ca', labels: { release: 'prometheus' } });
  const monitor = singleObject(rendered, 'ServiceMonitor');
  expect(monitor.metadata.labels).toMatchObject({ release: 'prometheus' });
  const { selector, endpoints } = monitor.spec as { selector: { matchLabels: object }; endpoints: object[] };
  expect(singleObject(rendered, 'Service').metadata.labels).toMatchObject(selector.matchLabels);
  expect(endpoints).toMatchObject([
    {
      port: 'http',
      path: '/metrics',
      scheme: 'https',
      interval: '15s',
      tlsConfig: { serverName: 'parser', ca: { configMap: { name: 'doors-ca', key: 'ca.crt' } } },
      relabelings: [{ action: 'replace', targetLabel: 'service', replacement: 'parser' }],
    },
  ]);
});

it('there is none unless it was asked for: a cluster without the operator does not know the kind', () => {
  expect(ofKind(renderChart('parser', values()), 'ServiceMonitor')).toEqual([]);
});
