/** That the cluster lets through what the contracts declare, and nothing else. */
import { EVENTS, REQUESTS, ROUTES, SERVICES, type ServiceName } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
import type { Manifest } from '../../deploy/local/src/charts/manifest.js';
import { renderChart } from '../../deploy/local/src/charts/render.js';
import { podsOf } from '../../deploy/local/src/charts/rules/pods.js';
import { isAllowed, type NetworkPod, type Policy, type Port } from './reach.js';
import { ofKind, renderScenario, values } from './rendered.js';

type Pods = Record<string, NetworkPod>;
const NAMESPACE = 'enishi';
const DNS_LABELS = { 'k8s-app': 'kube-dns' };

/** Whatever stands around the release. */
const AROUND: Pods = {
  controller: { namespace: 'traefik', labels: { 'app.kubernetes.io/name': 'traefik' } },
  dns: { namespace: 'kube-system', labels: DNS_LABELS },
  'another in kube-system': { namespace: 'kube-system', labels: {} },
  prometheus: { namespace: 'monitoring', labels: { 'app.kubernetes.io/name': 'prometheus' } },
  'a stranger beside us': { namespace: NAMESPACE, labels: { app: 'stranger' } },
  'another dns beside us': { namespace: NAMESPACE, labels: DNS_LABELS },
};
/** Pods that bear the names of ours, elsewhere. */
const namesakes = (ours: Pods): Pods =>
  Object.fromEntries(Object.entries(ours).map(([name, pod]) => [`a stranger like ${name}`, { ...pod, namespace: 'elsewhere' }]));

function podsIn(manifests: readonly Manifest[]): Pods {
  return Object.fromEntries(
    podsOf(manifests).map(({ name, labels, spec }) => [
      name.replace(/^enishi-/, ''),
      { namespace: NAMESPACE, labels, ports: spec.containers.flatMap(({ ports }) => ports ?? []) },
    ]),
  );
}
const policiesIn = (manifests: readonly Manifest[]): Policy[] =>
  ofKind(manifests, 'NetworkPolicy').map(({ spec }) => ({ namespace: NAMESPACE, spec: spec as Policy['spec'] }));

/** Every door of everybody, and what else a process would try: another's HTTP, the API server, the cloud's metadata. */
const PORTS: readonly Port[] = [
  ...[22, 53, 80, 443, 4222, 4317, 4318, 5432, 6222, 6443, 8080, 8222, 8443, 8444].map((number) => ({ number, protocol: 'TCP' }) as const),
  { number: 53, protocol: 'UDP' },
  { number: 4222, protocol: 'UDP' },
];

/** Arrows that the policies let through and that begin or end at one of ours: `parser → nats TCP 4222`. */
function arrowsOf(policies: readonly Policy[], ours: Pods, around: Pods): string[] {
  const everybody = { ...ours, ...around };
  return Object.entries(everybody).flatMap(([from, source]) =>
    Object.entries(everybody)
      .filter(([to]) => (from in ours || to in ours) && from !== to)
      .flatMap(([to, target]) =>
        PORTS.filter((port) => isAllowed(policies, source, target, port)).map(
          ({ protocol, number }) => `${from} → ${to} ${protocol} ${number}`,
        ),
      ),
  );
}

function declared({ withTelemetry }: { withTelemetry: boolean }): string[] {
  const speaks = (service: ServiceName) =>
    REQUESTS.some(({ owner, callers }) => owner === service || callers.includes(service)) ||
    EVENTS.some(({ owner, hearers }) => owner === service || hearers.includes(service));
  const jobs = ['bootstrap', 'provisioning', ...SERVICES.map((service) => `${service}-migration`)];
  const asksForNames = [...SERVICES, ...jobs].flatMap((name) => [`${name} → dns TCP 53`, `${name} → dns UDP 53`]);
  return [
    ...new Set(ROUTES.map(({ owner }) => `controller → ${owner} TCP 8443`)),
    // TERMINAL_PATH has a door of its own.
    'controller → terminal-relay TCP 8444',
    ...SERVICES.filter(speaks).map((service) => `${service} → nats TCP 4222`),
    // Each service has a schema (schemaOf).
    ...SERVICES.map((service) => `${service} → postgres TCP 5432`),
    ...(withTelemetry ? SERVICES.map((service) => `${service} → otel-collector TCP 4318`) : []),
    'provisioning → nats TCP 4222',
    ...jobs.filter((name) => name !== 'provisioning').map((name) => `${name} → postgres TCP 5432`),
    ...asksForNames,
  ].toSorted();
}

describe('the NetworkPolicies of services and infrastructure', () => {
  const infrastructure = renderScenario('dev-infra', 'default');
  const release = renderScenario('enishi', 'development');
  const ours = podsIn([...release, ...infrastructure]);
  const around = { ...AROUND, ...namesakes(ours) };
  const inside = declared({ withTelemetry: false }).filter((arrow) => !arrow.startsWith('controller'));

  it('let through every arrow that the contracts declare, and none beside', () => {
    const found = arrowsOf(policiesIn([...release, ...infrastructure]), ours, around);
    expect(found.toSorted()).toEqual(declared({ withTelemetry: true }));
  });

  it('hold without those of the infrastructure: nobody is reached by a service whose own policy does not say so', () => {
    const services = Object.fromEntries(SERVICES.map((service) => [service, ours[service] as NetworkPod]));
    const found = arrowsOf(policiesIn(release), services, { ...around, ...ours });
    const own = declared({ withTelemetry: true }).filter((arrow) => SERVICES.some((service) => arrow.split(' ').includes(service)));
    expect(found.toSorted()).toEqual(own);
  });

  it('hold without those of the release: nobody comes to bus, Postgres or collector who has no business there', () => {
    const servers = podsIn(infrastructure);
    const found = arrowsOf(policiesIn(infrastructure), servers, { ...around, ...ours });
    const own = declared({ withTelemetry: true }).filter((arrow) => Object.keys(servers).some((name) => arrow.includes(`→ ${name} `)));
    expect(found.toSorted()).toEqual(own);
  });

  it('would be found too wide by this test, were one rule of one policy without peers', () => {
    const policies = policiesIn([...release, ...infrastructure]);
    const wide = { namespace: NAMESPACE, spec: { podSelector: { matchLabels: ours.parser?.labels ?? {} }, ingress: [{}] } };
    const more = arrowsOf([...policies, wide], ours, around).filter((arrow) => !declared({ withTelemetry: true }).includes(arrow));
    expect(more).toContain('a stranger beside us → parser TCP 8443');
  });

  it('open no way to a collector where none is named, and none from outside where there are no routes', () => {
    const bare = renderChart('enishi', values());
    const found = arrowsOf(policiesIn([...bare, ...infrastructure]), ours, around);
    expect(found.toSorted()).toEqual(inside);
  });

  it('let Prometheus reach the HTTP door of each service, and that alone, where it is named', () => {
    const metricsFrom = [
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } },
        podSelector: { matchLabels: { 'app.kubernetes.io/name': 'prometheus' } },
      },
    ];
    const watched = renderChart('enishi', values({ networkPolicy: { metricsFrom } }));
    const found = arrowsOf(policiesIn([...watched, ...infrastructure]), ours, around);
    expect(found.filter((arrow) => arrow.includes('prometheus')).toSorted()).toEqual(
      SERVICES.map((service) => `prometheus → ${service} TCP 8443`).toSorted(),
    );
    expect(found.filter((arrow) => !arrow.includes('prometheus')).toSorted()).toEqual(inside);
  });
});
