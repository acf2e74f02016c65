/** The outside door as an Ingress. */
import { ROUTES, TERMINAL_PATH } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
import { renderChart } from '../../deploy/local/src/charts/render.js';
import { ofKind, renderScenario, values } from './rendered.js';
import { arrivalsOf, leadsOf } from './route-match.js';

const rendered = renderScenario('enishi', 'production');
const leads = leadsOf(rendered);

describe('the Ingresses of a release', () => {
  it.each(ROUTES.map(({ path, owner }) => [path, owner]))('%s arrives at the HTTP door of %s, and nowhere else', (path, owner) => {
    expect(arrivalsOf(leads, path.replaceAll(/\{\w+\}/g, 'x'))).toEqual([`enishi-${owner}:http`]);
  });

  it('terminals arrive at the relay’s own door, by that one path', () => {
    expect(arrivalsOf(leads, TERMINAL_PATH)).toEqual(['enishi-terminal-relay:terminal']);
    expect(arrivalsOf(leads, `${TERMINAL_PATH}/x`)).toEqual([]);
  });

  it.each(['/', '/v1', '/metrics', '/livez', '/readyz', '/v1/metrics'])(
    '%s arrives nowhere: what is for operators stays inside',
    (path) => {
      expect(arrivalsOf(leads, path)).toEqual([]);
    },
  );

  it('have TLS always, for the host that they serve, and the annotations of the controller', () => {
    const ingresses = ofKind(rendered, 'Ingress');
    expect(ingresses).toHaveLength(3);
    for (const { metadata, spec } of ingresses) {
      expect(spec).toMatchObject({
        ingressClassName: 'nginx',
        tls: [{ hosts: ['api.bank.example'], secretName: 'api-bank-example-tls' }],
        rules: [{ host: 'api.bank.example' }],
      });
      // The controller checks each door under its own name.
      expect(metadata.annotations).toEqual({
        'cert-manager.io/cluster-issuer': 'bank-public',
        'nginx.ingress.kubernetes.io/backend-protocol': 'HTTPS',
        'nginx.ingress.kubernetes.io/proxy-ssl-verify': 'on',
        'nginx.ingress.kubernetes.io/proxy-ssl-secret': 'enishi/enishi-doors-ca',
        'nginx.ingress.kubernetes.io/proxy-ssl-name': metadata.name,
      });
    }
  });
});

it('nothing is open to the outside unless it was asked for, and then by what was asked for', () => {
  const inside = renderChart('parser', values());
  const gateway = renderScenario('enishi', 'gateway');
  for (const kind of ['Ingress', 'HTTPRoute', 'ServersTransport', 'BackendTLSPolicy']) expect(ofKind(inside, kind)).toEqual([]);
  for (const kind of ['Ingress', 'ServersTransport']) expect(ofKind(gateway, kind)).toEqual([]);
  for (const kind of ['HTTPRoute', 'BackendTLSPolicy']) expect(ofKind(rendered, kind)).toEqual([]);
});
