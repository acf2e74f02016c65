/** Who a service's pods are to the API server. */
import { SERVICES } from '@enishi/contracts';
import { expect, it } from '@jest/globals';
import { podsOf } from '../../deploy/local/src/charts/rules/pods.js';
import { ofKind, renderScenario } from './rendered.js';

const rendered = renderScenario('enishi', 'production');

it('each service has an identity of its own, with no token and no rights', () => {
  const accounts = ofKind(rendered, 'ServiceAccount');
  expect(accounts.map(({ metadata }) => metadata.name).toSorted()).toEqual(SERVICES.map((service) => `enishi-${service}`).toSorted());
  for (const account of accounts) expect(account).toMatchObject({ automountServiceAccountToken: false });
  for (const kind of ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding']) expect(ofKind(rendered, kind)).toEqual([]);
});

it('no pod of the release, Jobs too, is given a token', () => {
  for (const { title, spec } of podsOf(rendered)) expect([title, spec.automountServiceAccountToken]).toEqual([title, false]);
});
