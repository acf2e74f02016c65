/**
 * What the values of the charts may be. `config` of a service, one key per setting, is
 * generated from config.ts (config-schema.ts). Defaults: helm/common/values.yaml. Rules between keys: helm/common/templates/_validate.tpl.
 */
import { choice, flag, list, object, type Properties, type Schema, text, whole } from './json-schema.js';
import {
  amounts,
  DIGEST_OR_NONE,
  DURATION,
  destinations,
  foreignImage,
  HOST_NAME_OR_NONE,
  NAME,
  NAME_OR_NONE,
  peers,
  REPOSITORY,
  storage,
  TAG_OR_NONE,
  words,
} from './kubernetes-words.js';

const DATABASE_NAME = '^[A-Za-z_][A-Za-z0-9_]{0,62}$';

const GLOBAL: Properties = {
  image: object("Where all services' images come from", {
    registry: text(
      'Registry before every repository; "" is the default of the cluster',
      '^$|^[A-Za-z0-9.-]+(:[0-9]+)?(/[a-z0-9._/-]+)?/?$',
    ),
    tag: text('Tag of all services; "" is the charts\' appVersion', TAG_OR_NONE),
    pullPolicy: choice('When a node pulls', ['Always', 'IfNotPresent', 'Never']),
    pullSecrets: list('Names of Secrets with which nodes pull', text('Name of a Secret', NAME)),
  }),
  bus: object('Message bus', {
    url: text('nats://host:4222 (no TLS) or tls://host:4222', '^(nats|tls)://[^\\s/:@]+:[0-9]{1,5}$'),
    caConfigMap: text('ConfigMap with the CA of the bus, under the key ca.crt', NAME_OR_NONE),
  }),
  database: object('Postgres', {
    host: text('Host name', '^[A-Za-z0-9._-]+$'),
    port: whole('Port', 1, 65_535),
    name: text('Database', DATABASE_NAME),
    sslMode: choice('verify-full: TLS, by CA and name; disable: no TLS', ['verify-full', 'disable']),
    caSecret: text('Secret with the CA of Postgres, under the key ca.crt', NAME_OR_NONE),
  }),
  trustConfigMap: text("ConfigMap with the public halves of the platform's keys", NAME),
  connectorsConfigMap: text('ConfigMap with the signed connectors, one <id>.jws each', NAME),
  issuer: text('Only issuer of internal tokens that is trusted', '^$|^https://[^\\s]+$'),
  tokenMaxSeconds: whole('Longest life of an internal token that is accepted', 1, 3_600),
  otlpEndpoint: text('Base URL of an OTLP/HTTP collector; "" exports nothing', '^$|^https?://[^\\s]+$'),
  routes: object('The outside door', {
    kind: choice('What carries it', ['none', 'ingress', 'gateway']),
    host: text('Name that partners and terminals call', HOST_NAME_OR_NONE),
    serviceAnnotations: words("On every service's Service: what the controller in front must know"),
  }),
  ingress: object('For routes.kind ingress', {
    className: text('IngressClass; "" is the default of the cluster', NAME_OR_NONE),
    annotations: words('On every Ingress'),
    tlsSecret: text("Secret with the host's certificate (kubernetes.io/tls)", NAME_OR_NONE),
    traefikBackendCaConfigMap: text(
      'Where Traefik is the controller: ConfigMap with the CA of the services\' doors, under the key ca.crt; "" makes no ServersTransport',
      NAME_OR_NONE,
    ),
  }),
  gateway: object('For routes.kind gateway', {
    parentRefs: list(
      'Gateway listeners that carry the routes',
      object(
        'A listener',
        { name: text('Gateway', NAME), namespace: text('Its namespace', NAME), sectionName: text('Its listener', NAME) },
        ['name'],
      ),
    ),
    backendCaConfigMap: text('ConfigMap with the CA of the services\' doors, for a BackendTLSPolicy; "" makes none', NAME_OR_NONE),
  }),
  metrics: object('What Prometheus is told', {
    serviceMonitor: flag('Make ServiceMonitors, for the Prometheus operator'),
    interval: text('How often metrics are fetched', DURATION),
    labels: words('On every ServiceMonitor: those by which the Prometheus selects'),
    caConfigMap: text("ConfigMap with the CA of the services' own certificates, under the key ca.crt", NAME),
  }),
  networkPolicy: object('Who may be reached, and from where', {
    enabled: flag('Make NetworkPolicies'),
    routesFrom: peers('Where the controller of Ingress or Gateway runs'),
    metricsFrom: peers('Where Prometheus runs'),
    busTo: destinations('The message bus'),
    databaseTo: destinations('Postgres'),
    telemetryTo: destinations('The OTLP collector'),
    dnsPorts: { ...list('Ports of the DNS pods', whole('Port', 1, 65_535)), minItems: 1 },
    dnsTo: destinations('DNS of the cluster'),
  }),
};

const image = object('The image', {
  repository: text('Repository, without registry', REPOSITORY),
  tag: text('Tag of this image alone; "" is global.image.tag', TAG_OR_NONE),
  digest: text('Digest; stands in for the tag', DIGEST_OR_NONE),
});
const secretName = (description: string): Schema => text(`Name of the Secret with ${description}`, NAME);

/** Where pods may run. */
const PLACEMENT: Properties = {
  nodeSelector: words('Labels of the nodes that may run it'),
  tolerations: list(
    'Taints that it tolerates',
    object('A toleration', {
      key: text('Taint; absent: every one'),
      operator: choice('How value is compared', ['Equal', 'Exists']),
      value: text('Value of the taint'),
      effect: choice('Effect that is tolerated; absent: every one', ['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
      tolerationSeconds: whole('For NoExecute: how long', 0, 31_536_000),
    }),
  ),
  priorityClassName: text('PriorityClass; "" is the default of the cluster', NAME_OR_NONE),
};

/** What the charts take from helm's own doings. */
const BY_HELM: Properties = { common: { type: 'object', description: 'Of the library chart; helm puts it there' } };
const global = object('Shared by all charts of a release', GLOBAL);

/** Values of a service's chart. `config`: schema of its settings; `hasKeys`: whether it mounts private keys of its own. */
export function serviceValues(service: string, config: Schema, hasKeys: boolean): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: `Values of ${service}`,
    ...object('Generated by ./enishi check from deploy/local/src/charts/values-schema.ts and the config.ts of the service', {
      global,
      image,
      replicas: whole('Replicas, where no autoscaler decides', 1, 50),
      resources: object('What a pod asks for, and may take', { requests: amounts('Asked for'), limits: amounts('At most') }),
      autoscaling: object('HorizontalPodAutoscaler', {
        enabled: flag('Let load decide how many replicas there are'),
        minReplicas: whole('At least', 1, 50),
        maxReplicas: whole('At most', 1, 50),
        cpuPercent: whole('Share of the requested CPU that is aimed at', 1, 100),
      }),
      disruption: object('PodDisruptionBudget', { maxUnavailable: whole('Pods that may be drained at once', 1, 50) }),
      secrets: object('Names of Secrets of the namespace', {
        tls: secretName('the certificate of the doors (tls.crt, tls.key)'),
        bus: secretName("the service's NKey (nkey)"),
        database: secretName("the password of the service's role (password)"),
        ...(hasKeys ? { keys: secretName('the private keys of this service (services/<service>/service.yaml)') } : {}),
      }),
      service: object('The Service', { annotations: words('On the Service') }),
      pod: object('The pods', { annotations: words('On the pods'), ...PLACEMENT }),
      terminationGraceSeconds: whole('From the beginning of the end to SIGKILL', 15, 300),
      drainSeconds: whole('Between leaving the Service and SIGTERM', 0, 60),
      config,
      ...BY_HELM,
    }),
  };
}

/** Values of the umbrella. What stands under a service's name is checked by that chart's own schema. */
export function umbrellaValues(services: readonly string[]): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of enishi',
    ...object('Generated by ./enishi check from deploy/local/src/charts/values-schema.ts', {
      global,
      operator: object('What prepares database and bus', {
        image,
        pod: object('The pods of its Jobs', PLACEMENT),
        secrets: object('Names of Secrets of the namespace', {
          bus: secretName("the operator's NKey (nkey)"),
          databaseAdmin: secretName('the password of the role that makes roles and schemas (password)'),
        }),
      }),
      bootstrap: object('Roles and schemas, made before everything else', {
        enabled: flag('Off: somebody makes them beforehand'),
        adminRole: text('Role that may make roles and schemas', '^[A-Za-z_][A-Za-z0-9_-]{0,62}$'),
      }),
      provision: object('Streams and consumers of the bus', {
        enabled: flag('Off: somebody makes them beforehand'),
        replicas: { type: 'integer', description: 'Copies of each stream: 3 in a cluster of NATS', enum: [1, 3] },
      }),
      ...Object.fromEntries(services.map((name) => [name, { type: 'object', description: `Values of helm/${name}` }])),
      ...BY_HELM,
    }),
  };
}

/** Values of helm/dev-infra. */
export function devInfraValues(): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of dev-infra',
    ...object('Generated by ./enishi check from deploy/local/src/charts/values-schema.ts', {
      nats: object('NATS', { image: foreignImage, storage }),
      postgres: object('Postgres', { image: foreignImage, storage, database: text('Database that is made', DATABASE_NAME) }),
      collector: object('OpenTelemetry collector', {
        image: foreignImage,
        egressTo: peers('Where it may send what it has received; nowhere unless given'),
        env: words('Settings of files/collector.yaml, by their environment variables'),
      }),
      gateway: object('For development by the Gateway API', {
        enabled: flag('Make a Gateway'),
        className: text('GatewayClass', NAME_OR_NONE),
        host: text('Name that partners and terminals call', HOST_NAME_OR_NONE),
        tlsSecret: text("Secret with the host's certificate (kubernetes.io/tls)", NAME),
      }),
    }),
  };
}
