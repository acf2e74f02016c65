/** How many pods of a service may be taken away at once. */
import { expect, it } from '@jest/globals';
import { singleObject } from '../../deploy/local/src/charts/manifest.js';
import { renderChart } from '../../deploy/local/src/charts/render.js';
import { ofKind, values } from './rendered.js';

const METRICS = { apiVersions: ['metrics.k8s.io/v1beta1'] };

it('a drain of nodes takes one pod of a service at a time, and is never stopped by pods that are ill anyway', () => {
  const budget = singleObject(renderChart('parser', values()), 'PodDisruptionBudget');
  expect(budget.spec).toMatchObject({ maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' });
  expect(
    singleObject(renderChart('parser', { ...values(), replicas: 5, disruption: { maxUnavailable: 2 } }), 'PodDisruptionBudget').spec,
  ).toMatchObject({
    maxUnavailable: 2,
  });
});

it('one replica has no budget, which would stop the drain for ever; one that is scaled has', () => {
  expect(ofKind(renderChart('parser', { ...values(), replicas: 1 }), 'PodDisruptionBudget')).toEqual([]);
  const scaled = renderChart('parser', { ...values(), replicas: 1, autoscaling: { enabled: true } }, METRICS);
  expect(ofKind(scaled, 'PodDisruptionBudget')).toHaveLength(1);
});
