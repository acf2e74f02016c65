/**
 * Who reaches whom under a set of NetworkPolicies, as Kubernetes defines them: a pod that no policy selects is open in that
 * direction; otherwise some rule of some policy that selects it must allow it. Pure; for the tests of the charts.
 */
import { type Selector, selects } from '../../deploy/local/src/charts/rules/pods.js';

export interface Peer {
  namespaceSelector?: Selector;
  podSelector?: Selector;
  ipBlock?: object;
}
interface PolicyPort {
  protocol?: string;
  port?: number | string;
  endPort?: number;
}
interface Rule {
  from?: Peer[];
  to?: Peer[];
  ports?: PolicyPort[];
}
export interface Policy {
  readonly namespace: string;
  readonly spec: {
    podSelector?: Selector;
    policyTypes?: string[];
    ingress?: Rule[] | null;
    egress?: Rule[] | null;
  };
}
export interface NetworkPod {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Doors that policies may call by name. */
  readonly ports?: readonly { name?: string; containerPort: number; protocol?: string }[];
}
export interface Port {
  readonly number: number;
  readonly protocol: 'TCP' | 'UDP';
}

export function isAllowed(policies: readonly Policy[], from: NetworkPod, to: NetworkPod, port: Port): boolean {
  return opens(policies, 'Egress', from, to, to, port) && opens(policies, 'Ingress', to, from, to, port);
}

/** One direction: whether the policies of `held` let `peer` be at the other end. A port is one of `target`. */
function opens(
  policies: readonly Policy[],
  type: 'Ingress' | 'Egress',
  held: NetworkPod,
  peer: NetworkPod,
  target: NetworkPod,
  port: Port,
) {
  const holding = policies.filter(
    (policy) => policy.namespace === held.namespace && typesOf(policy).includes(type) && selects(policy.spec.podSelector, held.labels),
  );
  if (holding.length === 0) return true;
  return holding.some(({ namespace, spec }) =>
    ((type === 'Ingress' ? spec.ingress : spec.egress) ?? []).some(({ from, to, ports }) => {
      const peers = (type === 'Ingress' ? from : to) ?? [];
      return (
        // A rule without peers, or without ports, takes all of them.
        (peers.length === 0 || peers.some((one) => isPeer(one, namespace, peer))) &&
        ((ports ?? []).length === 0 || (ports ?? []).some((one) => isPort(one, target, port)))
      );
    }),
  );
}

function typesOf({ spec: { policyTypes, egress } }: Policy): string[] {
  return policyTypes ?? ['Ingress', ...(egress ? ['Egress'] : [])];
}

function isPeer({ namespaceSelector, podSelector, ipBlock }: Peer, namespace: string, pod: NetworkPod): boolean {
  // Whether an address is a pod's is known by a cluster only.
  if (ipBlock) throw new Error('a policy with ipBlock cannot be told from manifests');
  const isThere = namespaceSelector
    ? selects(namespaceSelector, { 'kubernetes.io/metadata.name': pod.namespace })
    : pod.namespace === namespace;
  return isThere && selects(podSelector, pod.labels);
}

function isPort({ protocol = 'TCP', port: wanted, endPort }: PolicyPort, target: NetworkPod, port: Port): boolean {
  if (protocol !== port.protocol) return false;
  if (wanted === undefined) return true;
  if (typeof wanted === 'number') return port.number >= wanted && port.number <= (endPort ?? wanted);
  return (target.ports ?? []).some(
    (door) => door.name === wanted && door.containerPort === port.number && (door.protocol ?? 'TCP') === protocol,
  );
}
