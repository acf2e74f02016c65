import { describe, expect, it } from '@jest/globals';
import type { Manifest } from '../manifest.js';
import { RULES } from './rules.js';

const labels = Object.fromEntries(
  ['name', 'instance', 'version', 'component', 'part-of', 'managed-by'].map((name) => [`app.kubernetes.io/${name}`, 'parser']),
);
const selector = { matchLabels: { 'app.kubernetes.io/name': 'parser' } };
const metadata = { name: 'parser', labels };

/** Objects that keep every rule; `change` breaks one. */
function rendered(change: (good: Good) => void = () => {}): Manifest[] {
  const good = objects();
  change(good);
  return Object.values(good);
}
type Good = ReturnType<typeof objects>;

function objects() {
  const container = {
    name: 'parser',
    image: 'registry.example:5000/enishi/parser:1.2.3' as string | undefined,
    env: [] as { name: string; value?: string; valueFrom?: object }[],
    resources: {
      requests: { cpu: '100m', memory: '256Mi' } as Record<string, string>,
      limits: { memory: '256Mi' } as Record<string, string>,
    },
    livenessProbe: {} as object | undefined,
    readinessProbe: {} as object | undefined,
    securityContext: {
      readOnlyRootFilesystem: true as boolean | undefined,
      allowPrivilegeEscalation: false as boolean | undefined,
      privileged: undefined as boolean | undefined,
      capabilities: { drop: ['ALL'], add: [] as string[] },
      seccompProfile: undefined as { type: string } | undefined,
      runAsNonRoot: undefined as boolean | undefined,
    },
  };
  const pod = {
    automountServiceAccountToken: false as boolean | undefined,
    hostNetwork: undefined as boolean | undefined,
    securityContext: { runAsNonRoot: true as boolean | undefined, seccompProfile: { type: 'RuntimeDefault' } },
    initContainers: [] as (typeof container)[],
    containers: [container],
    topologySpreadConstraints: [{ labelSelector: selector }] as { labelSelector?: object }[],
  };
  return {
    deployment: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { ...metadata, labels: { ...labels } },
      spec: { replicas: 2 as number | undefined, selector, template: { metadata: { labels: { ...labels } }, spec: pod } },
    },
    service: { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: { ...selector.matchLabels } as Record<string, string> } },
    budget: { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec: { selector, maxUnavailable: 1 } },
    policy: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec: { podSelector: selector, policyTypes: ['Ingress', 'Egress'] },
    },
  };
}
const podOf = (good: Good) => good.deployment.spec.template.spec;
const containerOf = (good: Good) => podOf(good).containers[0] as ReturnType<typeof podOf>['containers'][0];

describe('the rules of the charts', () => {
  it.each(Object.entries(RULES))('%s holds for what is in order', (_, rule) => {
    expect(rule(rendered())).toEqual([]);
  });

  const bad: [rule: string, problem: RegExp, change: (good: Good) => void][] = [
    ['non-root', /lacks runAsNonRoot/, (good) => void (podOf(good).securityContext.runAsNonRoot = undefined)],
    ['non-root', /lacks runAsNonRoot/, (good) => void (containerOf(good).securityContext.runAsNonRoot = false)],
    ['read-only-root', /readOnlyRootFilesystem/, (good) => void (containerOf(good).securityContext.readOnlyRootFilesystem = undefined)],
    [
      'no-new-privileges',
      /allowPrivilegeEscalation/,
      (good) => void (containerOf(good).securityContext.allowPrivilegeEscalation = undefined),
    ],
    ['no-new-privileges', /is privileged/, (good) => void (containerOf(good).securityContext.privileged = true)],
    ['no-capabilities', /does not drop/, (good) => void (containerOf(good).securityContext.capabilities.drop = ['NET_RAW'])],
    ['no-capabilities', /adds .* NET_ADMIN/, (good) => void containerOf(good).securityContext.capabilities.add.push('NET_ADMIN')],
    ['seccomp', /RuntimeDefault/, (good) => void (containerOf(good).securityContext.seccompProfile = { type: 'Unconfined' })],
    ['no-api-token', /automountServiceAccountToken/, (good) => void (podOf(good).automountServiceAccountToken = undefined)],
    ['off-the-host', /sets hostNetwork/, (good) => void (podOf(good).hostNetwork = true)],
    ['no-secret-in-env', /env STORAGE_KEY/, (good) => void containerOf(good).env.push({ name: 'STORAGE_KEY', value: 'x' })],
    [
      'no-secret-in-env',
      /env DATABASE_URL/,
      (good) => void containerOf(good).env.push({ name: 'DATABASE_URL', value: 'postgresql://a:b@h/d' }),
    ],
    ['resources', /requests\.cpu/, (good) => void delete containerOf(good).resources.requests.cpu],
    ['resources', /limits\.memory/, (good) => void delete containerOf(good).resources.limits.memory],
    ['probes', /lacks a livenessProbe/, (good) => void (containerOf(good).livenessProbe = undefined)],
    ['probes', /lacks a readinessProbe/, (good) => void (containerOf(good).readinessProbe = undefined)],
    ['pinned-images', /image parser:latest/, (good) => void (containerOf(good).image = 'parser:latest')],
    ['pinned-images', /without tag/, (good) => void (containerOf(good).image = 'registry.example:5000/parser')],
    ['pinned-images', /whose digest is none/, (good) => void (containerOf(good).image = 'parser:1@sha256:abc')],
    [
      'disruption-budget',
      /no PodDisruptionBudget/,
      (good) => void (good.budget.spec.selector = { matchLabels: { 'app.kubernetes.io/name': 'x' } }),
    ],
    ['spread', /no topologySpreadConstraints/, (good) => void (podOf(good).topologySpreadConstraints = [{}])],
    ['labels', /^Deployment parser: .*part-of/, (good) => void delete good.deployment.metadata.labels['app.kubernetes.io/part-of']],
    ['labels', /its pods: .*component/, (good) => void delete good.deployment.spec.template.metadata.labels['app.kubernetes.io/component']],
    ['stable-selectors', /^Service .*version/, (good) => void (good.service.spec.selector['app.kubernetes.io/version'] = 'parser')],
    ['selectors-find-pods', /^Service .*no pod/, (good) => void (good.service.spec.selector['app.kubernetes.io/name'] = 'relay')],
    ['network-policies', /for Egress/, (good) => void (good.policy.spec.policyTypes = ['Ingress'])],
  ];
  it.each(bad)('%s finds it: %s', (name, problem, change) => {
    const [first, ...others] = RULES[name]?.(rendered(change)) ?? [];
    expect(first).toMatch(problem);
    expect(others).toEqual([]);
  });

  it('have each a bad example', () => {
    expect(new Set(bad.map(([name]) => name))).toEqual(new Set(Object.keys(RULES)));
  });

  it('see init containers as well', () => {
    const manifests = rendered((good) =>
      podOf(good).initContainers.push({ ...containerOf(objects()), name: 'migrate', image: 'x:latest' }),
    );
    expect(RULES['pinned-images']?.(manifests)).toEqual(['Deployment parser: container migrate has the image x:latest']);
  });

  it('count the replicas of an autoscaler', () => {
    const autoscaler = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata,
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'parser' }, maxReplicas: 4 },
    };
    const alone = rendered((good) => void (good.deployment.spec.replicas = undefined)).filter(({ kind }) => kind !== 'PodDisruptionBudget');
    expect(RULES['disruption-budget']?.(alone)).toEqual([]);
    expect(RULES['disruption-budget']?.([...alone, autoscaler])).toHaveLength(1);
  });

  it('take for a secret neither where it lies nor how long it lives, nor what comes from a Secret', () => {
    const env = [
      { name: 'STORAGE_KEY_FILE', value: '/keys/storage' },
      { name: 'INTERNAL_TOKEN_MAX_SECONDS', value: '60' },
      { name: 'DATABASE_PASSWORD', valueFrom: {} },
      { name: 'DATABASE_URL', value: 'postgresql://parser:$(DATABASE_PASSWORD)@postgres:5432/enishi' },
      { name: 'NATS_URL', value: 'tls://bus:4222' },
    ];
    expect(RULES['no-secret-in-env']?.(rendered((good) => void containerOf(good).env.push(...env)))).toEqual([]);
  });
});
