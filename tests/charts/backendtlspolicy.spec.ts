/** How a Gateway speaks to the doors. */
import { SERVICES } from '@enishi/contracts';
import { expect, it } from '@jest/globals';
import { singleObject } from '../../deploy/local/src/charts/manifest.js';
import { renderChart } from '../../deploy/local/src/charts/render.js';
import { ofKind, renderScenario, values } from './rendered.js';

const rendered = renderScenario('enishi', 'gateway');

it.each(SERVICES)('a Gateway speaks TLS to %s, and knows it by name and CA', (service) => {
  const name = `enishi-${service}`;
  expect(singleObject(rendered, 'BackendTLSPolicy', name).spec).toEqual({
    targetRefs: [{ group: '', kind: 'Service', name }],
    validation: { caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: 'enishi-doors-ca' }], hostname: name },
  });
});

it('there is no BackendTLSPolicy without a CA: a controller of another kind is told otherwise', () => {
  const routesFrom = [{ podSelector: { matchLabels: { app: 'gateway' } } }];
  const without = renderChart(
    'parser',
    values({
      routes: { kind: 'gateway', host: 'a.example' },
      gateway: { parentRefs: [{ name: 'public' }] },
      networkPolicy: { routesFrom },
    }),
  );
  expect(ofKind(without, 'HTTPRoute')).toHaveLength(1);
  expect(ofKind(without, 'BackendTLSPolicy')).toEqual([]);
});
