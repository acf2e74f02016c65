/** Replicas by load. */
import { expect, it } from '@jest/globals';
import { singleObject } from '../../deploy/local/src/charts/manifest.js';
import { renderChart } from '../../deploy/local/src/charts/render.js';
import { ofKind, values } from './rendered.js';

const METRICS = { apiVersions: ['metrics.k8s.io/v1beta1'] };
const KIND = 'HorizontalPodAutoscaler';

it('a service is scaled by its CPU, within the limits of values, and not down for every dip', () => {
  const autoscaling = { enabled: true, minReplicas: 3, maxReplicas: 12, cpuPercent: 50 };
  const rendered = renderChart('parser', { ...values(), autoscaling }, METRICS);
  expect(singleObject(rendered, KIND).spec).toMatchObject({
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: singleObject(rendered, 'Deployment').metadata.name },
    minReplicas: 3,
    maxReplicas: 12,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
    behavior: { scaleDown: { stabilizationWindowSeconds: 300 } },
  });
});

it('a service is scaled only where that was asked for and the cluster has metrics', () => {
  expect(ofKind(renderChart('parser', values(), METRICS), KIND)).toEqual([]);
  expect(ofKind(renderChart('parser', { ...values(), autoscaling: { enabled: true } }), KIND)).toEqual([]);
});
