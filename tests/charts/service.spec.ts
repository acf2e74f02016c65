/** The name by which a service's doors are reached. */
import { expect, it } from '@jest/globals';
import { singleObject } from '../../deploy/local/src/charts/manifest.js';
import { renderChart } from '../../deploy/local/src/charts/render.js';
import { podOf, values } from './rendered.js';

const FROM = { networkPolicy: { routesFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'traefik' } } }] } };
const HTTP = { name: 'http', port: 8443, targetPort: 'http', appProtocol: 'https' };

it.each([
  ['parser', [HTTP]],
  ['command-dispatcher', [HTTP]],
  ['terminal-relay', [HTTP, { name: 'terminal', port: 8444, targetPort: 'terminal', appProtocol: 'kubernetes.io/wss' }]],
] as const)('the Service of %s has a port for each of its doors, and finds its pods alone', (chart, ports) => {
  const rendered = renderChart(chart, values());
  const service = singleObject(rendered, 'Service');
  expect(service.spec).toMatchObject({ ports });
  const { selector } = service.spec as { selector: Record<string, string> };
  expect(podOf(singleObject(rendered, 'Deployment')).labels).toMatchObject(selector);
  // A Job that runs the same image must get no request.
  expect(podOf(singleObject(rendered, 'Job')).labels).not.toMatchObject(selector);
});

it('a Service tells Traefik to speak TLS to the doors only where it is told with which CA', () => {
  const routed = (ingress: object) =>
    singleObject(
      renderChart(
        'parser',
        values({ routes: { kind: 'ingress', host: 'a.example' }, ingress: { tlsSecret: 'a-tls', ...ingress }, ...FROM }),
      ),
      'Service',
    );
  expect(routed({}).metadata.annotations).toBeUndefined();
  expect(routed({ traefikBackendCaConfigMap: 'doors-ca' }).metadata.annotations).toEqual({
    'traefik.ingress.kubernetes.io/service.serversscheme': 'https',
    'traefik.ingress.kubernetes.io/service.serverstransport': 'enishi-parser@kubernetescrd',
  });
});

it('a Service carries what another controller must know, its own words before those of the release', () => {
  const annotated = singleObject(
    renderChart('parser', {
      ...values({ routes: { serviceAnnotations: { 'nginx.example/backend-protocol': 'HTTPS', all: 'release' } } }),
      service: { annotations: { all: 'own' } },
    }),
    'Service',
  );
  expect(annotated.metadata.annotations).toEqual({ 'nginx.example/backend-protocol': 'HTTPS', all: 'own' });
});
