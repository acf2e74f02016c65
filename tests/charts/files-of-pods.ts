/** The files that a pod finds, as the kubelet lays them out from Secrets and ConfigMaps; and what else refers to those. */
import type { Manifest } from '../../deploy/local/src/charts/manifest.js';
import { containersOf, type Pod, podsOf } from '../../deploy/local/src/charts/rules/pods.js';
import { ofKind } from './rendered.js';

/** A Secret or ConfigMap as it reaches the cluster. */
export interface Held {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
}

export interface Reference {
  /** Title of what refers. */
  readonly by: string;
  readonly kind: 'Secret' | 'ConfigMap';
  readonly name: string;
  /** Keys that must be in it. */
  readonly keys: readonly string[];
}

interface Item {
  key: string;
  path: string;
}
interface Source {
  secret?: { secretName?: string; name?: string; items?: Item[] };
  configMap?: { name: string; items?: Item[] };
}
interface MountedVolume extends Source {
  name: string;
  projected?: { sources: Source[] };
}
interface KeyRef {
  name: string;
  key: string;
}
interface Environment {
  env?: { valueFrom?: { secretKeyRef?: KeyRef; configMapKeyRef?: KeyRef } }[];
  envFrom?: { secretRef?: { name: string }; configMapRef?: { name: string } }[];
}
interface SourceOf {
  kind: 'Secret' | 'ConfigMap';
  name: string;
  items: Item[] | undefined;
}

function volumesOf(pod: Pod): MountedVolume[] {
  return (pod.spec.volumes ?? []) as MountedVolume[];
}

function sourcesOf(volume: MountedVolume): SourceOf[] {
  return [volume, ...(volume.projected?.sources ?? [])].flatMap(({ secret, configMap }): SourceOf[] => [
    ...(secret ? [{ kind: 'Secret' as const, name: secret.secretName ?? secret.name ?? '', items: secret.items }] : []),
    ...(configMap ? [{ kind: 'ConfigMap' as const, name: configMap.name, items: configMap.items }] : []),
  ]);
}

/** Everything that the pods of these objects mount, project, or read into their environment. */
export function referencesOfPods(manifests: readonly Manifest[]): Reference[] {
  return podsOf(manifests).flatMap((pod): Reference[] => {
    const by = pod.title;
    const mounted = volumesOf(pod)
      .flatMap(sourcesOf)
      .map(({ kind, name, items = [] }) => ({ by, kind, name, keys: items.map(({ key }) => key) }));
    const read = (containersOf(pod) as Environment[]).flatMap(({ env = [], envFrom = [] }): Reference[] => [
      ...env.flatMap(({ valueFrom: { secretKeyRef: secret, configMapKeyRef: config } = {} }): Reference[] => [
        ...(secret ? [{ by, kind: 'Secret' as const, name: secret.name, keys: [secret.key] }] : []),
        ...(config ? [{ by, kind: 'ConfigMap' as const, name: config.name, keys: [config.key] }] : []),
      ]),
      ...envFrom.flatMap(({ secretRef, configMapRef }): Reference[] => [
        ...(secretRef ? [{ by, kind: 'Secret' as const, name: secretRef.name, keys: [] }] : []),
        ...(configMapRef ? [{ by, kind: 'ConfigMap' as const, name: configMapRef.name, keys: [] }] : []),
      ]),
    ]);
    const { imagePullSecrets = [] } = pod.spec as { imagePullSecrets?: { name: string }[] };
    return [...mounted, ...read, ...imagePullSecrets.map(({ name }) => ({ by, kind: 'Secret' as const, name, keys: [] }))];
  });
}

const PAIR = ['tls.crt', 'tls.key'];

/** Every certificate and CA that the routes of these objects name. */
export function referencesOfRoutes(manifests: readonly Manifest[]): Reference[] {
  const from = <Spec>(kind: string, of: (spec: Spec) => Omit<Reference, 'by'>[]): Reference[] =>
    ofKind(manifests, kind).flatMap(({ metadata, spec }) => of(spec as Spec).map((one) => ({ by: `${kind} ${metadata.name}`, ...one })));
  return [
    ...from<{ tls?: { secretName: string }[] }>('Ingress', ({ tls = [] }) =>
      tls.map(({ secretName }) => ({ kind: 'Secret', name: secretName, keys: PAIR })),
    ),
    ...from<{ rootCAs: { configMap: string }[] }>('ServersTransport', ({ rootCAs }) =>
      rootCAs.map(({ configMap }) => ({ kind: 'ConfigMap', name: configMap, keys: ['ca.crt'] })),
    ),
    ...from<{ validation: { caCertificateRefs: { kind: 'ConfigMap' | 'Secret'; name: string }[] } }>('BackendTLSPolicy', ({ validation }) =>
      validation.caCertificateRefs.map(({ kind, name }) => ({ kind, name, keys: ['ca.crt'] })),
    ),
    ...from<{ listeners: { tls?: { certificateRefs: { name: string }[] } }[] }>('Gateway', ({ listeners }) =>
      listeners.flatMap(({ tls }) => (tls?.certificateRefs ?? []).map(({ name }) => ({ kind: 'Secret' as const, name, keys: PAIR }))),
    ),
  ];
}

export function keysOf({ data, stringData }: Held): string[] {
  return Object.keys({ ...data, ...stringData });
}

/** The files under a pod's mounts of Secrets and ConfigMaps: path → content. */
export function filesOf(pod: Pod, held: readonly Held[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const { name, mountPath } of containersOf(pod).flatMap(({ volumeMounts = [] }) => volumeMounts)) {
    for (const source of volumesOf(pod)
      .filter((volume) => volume.name === name)
      .flatMap(sourcesOf)) {
      const object = held.find(({ kind, metadata }) => kind === source.kind && metadata.name === source.name);
      if (!object) continue;
      const content: Record<string, string> = { ...object.data, ...object.stringData };
      for (const { key, path } of source.items ?? Object.keys(content).map((one) => ({ key: one, path: one }))) {
        const text = content[key];
        if (text !== undefined) files.set(`${mountPath}/${path}`, text);
      }
    }
  }
  return files;
}

/** Folders at which something is mounted. */
export function mountsOf(pod: Pod): string[] {
  return containersOf(pod).flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ mountPath }) => mountPath));
}
