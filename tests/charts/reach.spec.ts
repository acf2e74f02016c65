import { describe, expect, it } from '@jest/globals';
import { isAllowed, type NetworkPod, type Peer, type Policy, type Port } from './reach.js';

const TCP = (number: number): Port => ({ number, protocol: 'TCP' });
const ports = [{ name: 'http', containerPort: 8443 }];
const web: NetworkPod = { namespace: 'here', labels: { app: 'web' }, ports };
const client: NetworkPod = { namespace: 'here', labels: { app: 'client', tier: 'front' } };
const stranger: NetworkPod = { ...client, namespace: 'elsewhere' };

const WEB = { matchLabels: { app: 'web' } };
const CLIENT = { matchLabels: { app: 'client' } };
const ingress = (from: Peer[] | undefined, wanted: object[] = [{ port: 'http' }]): Policy => ({
  namespace: 'here',
  spec: { podSelector: WEB, policyTypes: ['Ingress'], ingress: [{ ...(from ? { from } : {}), ports: wanted }] },
});
const reaches = (policies: Policy[], from = client, port = TCP(8443), to = web) => isAllowed(policies, from, to, port);

describe('who reaches whom', () => {
  it('everybody, where no policy selects the pod, or only one of another namespace or direction', () => {
    expect(reaches([])).toBe(true);
    expect(reaches([{ ...ingress([{ podSelector: WEB }]), namespace: 'elsewhere' }])).toBe(true);
    expect(reaches([ingress([{ podSelector: WEB }])], web, TCP(8443), client)).toBe(true);
  });

  it('nobody, where a policy selects the pod and has no rule', () => {
    expect(reaches([{ namespace: 'here', spec: { podSelector: WEB, policyTypes: ['Ingress'] } }])).toBe(false);
    expect(reaches([{ namespace: 'here', spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: null } }])).toBe(false);
  });

  it('the pods of the policy’s own namespace, unless it names others', () => {
    const own = [ingress([{ podSelector: CLIENT }])];
    expect([reaches(own), reaches(own, stranger)]).toEqual([true, false]);
    const other = [ingress([{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'elsewhere' } }, podSelector: CLIENT }])];
    expect([reaches(other), reaches(other, stranger)]).toEqual([false, true]);
    const all = [ingress([{ namespaceSelector: {} }])];
    expect([reaches(all), reaches(all, stranger)]).toEqual([true, true]);
  });

  it.each([
    ['In', ['front', 'back'], true],
    ['NotIn', ['front'], false],
    ['Exists', undefined, true],
    ['DoesNotExist', undefined, false],
  ])('matchExpressions: %s %j', (operator, wanted, expected) => {
    const matchExpressions = [{ key: 'tier', operator, ...(wanted ? { values: wanted } : {}) }];
    expect(reaches([ingress([{ podSelector: { matchExpressions } }])])).toBe(expected);
  });

  it('at the ports that are named, by number, by the name of the target’s door, or in a range', () => {
    const from = [{ podSelector: CLIENT }];
    const at = (wanted: object[], port: Port) => reaches([ingress(from, wanted)], client, port);
    expect([at([{ port: 'http' }], TCP(8443)), at([{ port: 'http' }], TCP(9000)), at([{ port: 'other' }], TCP(8443))]).toEqual([
      true,
      false,
      false,
    ]);
    expect([at([{ port: 53, protocol: 'UDP' }], TCP(53)), at([{ port: 53, protocol: 'UDP' }], { number: 53, protocol: 'UDP' })]).toEqual([
      false,
      true,
    ]);
    expect([at([{ port: 8000, endPort: 9000 }], TCP(8443)), at([{ port: 8000, endPort: 9000 }], TCP(9001))]).toEqual([true, false]);
  });

  it('only when both ends allow it', () => {
    const egress = (to: Peer): Policy => ({
      namespace: 'here',
      spec: { podSelector: CLIENT, policyTypes: ['Egress'], egress: [{ to: [to] }] },
    });
    const open = ingress([{ podSelector: CLIENT }]);
    expect(reaches([open, egress({ podSelector: WEB })])).toBe(true);
    expect(reaches([open, egress({ podSelector: CLIENT })])).toBe(false);
    expect(reaches([ingress([{ podSelector: WEB }]), egress({ podSelector: WEB })])).toBe(false);
  });

  it('finds a policy that is too wide: a rule without peers, without ports, or beside a narrow one', () => {
    expect(reaches([ingress(undefined)], stranger)).toBe(true);
    expect(reaches([ingress([{ podSelector: CLIENT }], [])], client, TCP(22))).toBe(true);
    expect(reaches([ingress([{ podSelector: WEB }]), ingress([{ namespaceSelector: {} }])], stranger)).toBe(true);
  });

  it('refuses to guess at addresses', () => {
    expect(() => reaches([ingress([{ ipBlock: { cidr: '0.0.0.0/0' } }])])).toThrow('ipBlock');
  });
});
