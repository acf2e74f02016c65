/** The outside door by the Gateway API. */
import { ROUTES, TERMINAL_PATH } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
import { ofKind, renderScenario } from './rendered.js';
import { arrivalsOf, leadsOf } from './route-match.js';

const rendered = renderScenario('enishi', 'gateway');
const leads = leadsOf(rendered);

describe('the HTTPRoutes of a release', () => {
  it.each(ROUTES.map(({ path, owner }) => [path, owner]))('%s arrives at the HTTP door of %s, and nowhere else', (path, owner) => {
    expect(arrivalsOf(leads, path.replaceAll(/\{\w+\}/g, 'x'))).toEqual([`enishi-${owner}:8443`]);
  });

  it('terminals arrive at the relay’s own door, by that one path', () => {
    expect(arrivalsOf(leads, TERMINAL_PATH)).toEqual(['enishi-terminal-relay:8444']);
    expect(arrivalsOf(leads, `${TERMINAL_PATH}/x`)).toEqual([]);
  });

  it.each(['/', '/v1', '/metrics', '/livez', '/readyz', '/v1/metrics'])(
    '%s arrives nowhere: what is for operators stays inside',
    (path) => {
      expect(arrivalsOf(leads, path)).toEqual([]);
    },
  );

  it('hang on the listener that values name, which is where TLS ends, and take one host only', () => {
    const routes = ofKind(rendered, 'HTTPRoute');
    expect(routes).toHaveLength(3);
    for (const { spec } of routes)
      expect(spec).toMatchObject({
        parentRefs: [{ name: 'public', namespace: 'gateways', sectionName: 'https' }],
        hostnames: ['api.bank.example'],
      });
  });
});
