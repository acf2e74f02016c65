/** The pods of what a chart renders, whatever makes them. */
import { type Manifest, titleOf } from '../manifest.js';

type Labels = Readonly<Record<string, string>>;
interface SecurityContext {
  runAsNonRoot?: boolean;
  readOnlyRootFilesystem?: boolean;
  allowPrivilegeEscalation?: boolean;
  privileged?: boolean;
  capabilities?: { drop?: string[]; add?: string[] };
  seccompProfile?: { type: string };
}
export interface Container {
  name: string;
  image?: string;
  args?: string[];
  env?: { name: string; value?: string }[];
  ports?: { name?: string; containerPort: number; protocol?: string }[];
  volumeMounts?: { name: string; mountPath: string }[];
  resources?: { requests?: Labels; limits?: Labels };
  livenessProbe?: object;
  readinessProbe?: object;
  securityContext?: SecurityContext;
}
export interface Volume {
  name: string;
  secret?: { secretName: string; defaultMode?: number };
  configMap?: { name: string };
}
export interface PodSpec {
  automountServiceAccountToken?: boolean;
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  securityContext?: SecurityContext;
  initContainers?: Container[];
  containers: Container[];
  volumes?: Volume[];
  topologySpreadConstraints?: { labelSelector?: Selector }[];
}
export interface Selector {
  matchLabels?: Labels;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}
export interface Pod {
  /** `Deployment parser` */
  readonly title: string;
  /** Kind of what makes it; `Pod` when it stands alone. */
  readonly kind: string;
  readonly name: string;
  readonly labels: Labels;
  readonly spec: PodSpec;
}

const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job'];

/** Every pod, once for each object that makes some. The objects have passed the schema check, so their shape is trusted. */
export function podsOf(manifests: readonly Manifest[]): Pod[] {
  return manifests.flatMap((manifest) => {
    const template = templateOf(manifest);
    if (!template) return [];
    const { kind, metadata } = manifest;
    return [{ title: titleOf(manifest), kind, name: metadata.name, labels: template.metadata?.labels ?? {}, spec: template.spec }];
  });
}

interface PodTemplate {
  metadata?: { labels?: Labels };
  spec: PodSpec;
}

function templateOf(manifest: Manifest): PodTemplate | undefined {
  if (manifest.kind === 'Pod') return manifest as unknown as PodTemplate;
  if (manifest.kind === 'CronJob') return (manifest.spec as { jobTemplate: { spec: { template: PodTemplate } } }).jobTemplate.spec.template;
  if (WORKLOADS.includes(manifest.kind)) return (manifest.spec as { template: PodTemplate }).template;
  return undefined;
}

export function containersOf(pod: Pod): Container[] {
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
}

/** Whether a label selector takes these labels; an empty one takes all. */
export function selects(selector: Selector | undefined, labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  const fits = ({ key, operator, values = [] }: { key: string; operator: string; values?: string[] }) => {
    const value = labels[key];
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    const isIn = value !== undefined && values.includes(value);
    return operator === 'In' ? isIn : !isIn;
  };
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value) && matchExpressions.every(fits);
}

/** Problems of single pods, each with the pod's title before it. */
export function forEachPod(problems: (pod: Pod) => readonly string[]): (manifests: readonly Manifest[]) => string[] {
  return (manifests) => podsOf(manifests).flatMap((pod) => problems(pod).map((problem) => `${pod.title}: ${problem}`));
}

/** Problems of single containers, init containers too, each with pod and container before it. */
export function forEachContainer(problems: (container: Container, pod: Pod) => readonly string[]) {
  return forEachPod((pod) =>
    containersOf(pod).flatMap((container) => problems(container, pod).map((problem) => `container ${container.name} ${problem}`)),
  );
}
