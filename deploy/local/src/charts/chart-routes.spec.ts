import type { ServiceName } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
import { chartRoutes, routesYaml } from './chart-routes.js';

const SERVICES: ServiceName[] = ['command-dispatcher', 'terminal-relay', 'parser'];
const of = (owner: ServiceName, path: `/v1/${string}`) => ({ owner, path });

describe('the routes of the charts', () => {
  it('are the first part of each path, once, and sorted; the terminals’ path is exact', () => {
    const contracts = [
      of('parser', '/v1/accounts/{accountId}/transactions'),
      of('parser', '/v1/access'),
      of('parser', '/v1/accounts'),
      of('command-dispatcher', '/v1/terminals/{terminalId}'),
    ];
    expect([...chartRoutes(SERVICES, contracts, '/v1/terminal')]).toEqual([
      ['command-dispatcher', [{ path: '/v1/terminals', door: 'http', exact: false }]],
      ['terminal-relay', [{ path: '/v1/terminal', door: 'terminal', exact: true }]],
      [
        'parser',
        [
          { path: '/v1/access', door: 'http', exact: false },
          { path: '/v1/accounts', door: 'http', exact: false },
        ],
      ],
    ]);
  });

  it('refuse two services under one path, and a service under the terminals’', () => {
    const two = [of('parser', '/v1/runs/{runId}/pages'), of('command-dispatcher', '/v1/runs')];
    expect(() => chartRoutes(SERVICES, two, '/v1/terminal')).toThrow('/v1/runs is claimed by parser and command-dispatcher');
    const below = [of('parser', '/v1/terminal/{terminalId}')];
    expect(() => chartRoutes(SERVICES, below, '/v1/terminal')).toThrow('/v1/terminal is claimed by terminal-relay and parser');
  });

  it('are written as YAML, also when there are none', () => {
    expect(routesYaml([{ path: '/v1/runs', door: 'http', exact: false }])).toMatch(
      /^# .*\nroutes:\n {2}- \{ path: \/v1\/runs, door: http, exact: false \}\n$/,
    );
    expect(routesYaml([])).toMatch(/\nroutes: \[\]\n$/);
  });
});
