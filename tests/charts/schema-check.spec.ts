/** That what no cluster would know is found before a cluster sees it. */
import { findKubernetesSchemas } from '@enishi/infra';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type SchemaCheck, schemaCheck } from '../../deploy/local/src/charts/schema-check.js';
import { SHARED_CACHE } from '../../deploy/local/src/layout.js';

let problems: SchemaCheck;
beforeAll(async () => {
  problems = schemaCheck(await findKubernetesSchemas(SHARED_CACHE));
});

const service = (spec: object) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'parser' }, spec });
const route = (rule: object) => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'parser' },
  spec: { parentRefs: [{ name: 'outside' }], rules: [{ backendRefs: [{ name: 'parser', port: 8443 }], ...rule }] },
});

describe('the schemas of Kubernetes', () => {
  it('take what a cluster takes', () => {
    expect(problems(service({ selector: { app: 'parser' }, ports: [{ name: 'http', port: 8443, targetPort: 'http' }] }))).toEqual([]);
    expect(problems(route({}))).toEqual([]);
  });

  it('refuse a field that there is not, a wrong type and a missing field, with the place', () => {
    expect(problems(service({ ports: [{ port: 8443, targetport: 'http' }] }))).toEqual(['spec.ports.0: there is no field targetport']);
    expect(problems(service({ ports: [{ port: '8443' }] }))).toEqual(['spec.ports.0.port: must be integer']);
    expect(problems(service({ ports: [{ name: 'http' }] }))).toEqual(["spec.ports.0: must have required property 'port'"]);
  });

  it('refuse a field of a foreign kind that no chart uses', () => {
    expect(problems(route({ filters: [] }))).toEqual(['spec.rules.0: Unrecognized key: "filters"']);
  });

  it('pass over no kind that they do not know', () => {
    const unknown = (apiVersion: string, kind: string) => problems({ apiVersion, kind, metadata: { name: 'x' } });
    expect(unknown('example.org/v1', 'Widget')).toEqual([expect.stringContaining('no schema of example.org/v1/Widget')]);
    expect(unknown('policy/v1beta1', 'PodDisruptionBudget')).toEqual([expect.stringContaining('no schema of policy/v1beta1/')]);
  });
});
