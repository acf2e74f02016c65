/** How Traefik speaks to the doors. */
import { SERVICES } from '@enishi/contracts';
import { expect, it } from '@jest/globals';
import { singleObject } from '../../deploy/local/src/charts/manifest.js';
import { ofKind, renderScenario } from './rendered.js';

const rendered = renderScenario('enishi', 'development');

it.each(SERVICES)('Traefik speaks TLS to %s, and knows it by name and CA', (service) => {
  const name = `enishi-${service}`;
  const transport = singleObject(rendered, 'ServersTransport', name);
  expect(transport.spec).toEqual({ serverName: name, rootCAs: [{ configMap: 'enishi-doors-ca' }] });
  // <namespace>-<name>@kubernetescrd is how Traefik names a ServersTransport.
  expect(singleObject(rendered, 'Service', name).metadata.annotations).toMatchObject({
    'traefik.ingress.kubernetes.io/service.serverstransport': `enishi-${transport.metadata.name}@kubernetescrd`,
  });
});

it('there is none where another controller is in front', () => {
  expect(ofKind(renderScenario('enishi', 'production'), 'ServersTransport')).toEqual([]);
});
