/** Kinds that Kubernetes itself does not have: only the fields that the charts use. Another field is refused until it is named here. */
import { z } from 'zod';

const words = z.record(z.string(), z.string());
const metadata = z.strictObject({
  name: z.string(),
  namespace: z.string().optional(),
  labels: words.optional(),
  annotations: words.optional(),
});
const port = z.int().min(1).max(65_535);
const duration = z.string().regex(/^(?:\d+(?:h|m|s|ms))+$/, 'must be a duration such as 30s');

function kind(apiVersion: string, name: string, spec: z.ZodType) {
  return z.strictObject({ apiVersion: z.literal(apiVersion), kind: z.literal(name), metadata, spec });
}

/** `core` when absent; a Service when no kind is said. */
const backendRef = z.strictObject({
  group: z.string().optional(),
  kind: z.string().optional(),
  name: z.string(),
  port: port.optional(),
  weight: z.int().min(0).optional(),
});
const parentRef = z.strictObject({
  group: z.string().optional(),
  kind: z.string().optional(),
  name: z.string(),
  namespace: z.string().optional(),
  sectionName: z.string().optional(),
});
const objectRef = z.strictObject({ group: z.string(), kind: z.string(), name: z.string(), sectionName: z.string().optional() });

const httpRoute = z.strictObject({
  parentRefs: z.array(parentRef).min(1),
  hostnames: z.array(z.string()).optional(),
  rules: z
    .array(
      z.strictObject({
        name: z.string().optional(),
        matches: z
          .array(
            z.strictObject({
              path: z.strictObject({ type: z.enum(['Exact', 'PathPrefix']), value: z.string().startsWith('/') }).optional(),
              method: z.string().optional(),
            }),
          )
          .optional(),
        timeouts: z.strictObject({ request: duration.optional(), backendRequest: duration.optional() }).optional(),
        backendRefs: z.array(backendRef).min(1),
      }),
    )
    .min(1),
});

const gateway = z.strictObject({
  gatewayClassName: z.string(),
  listeners: z
    .array(
      z.strictObject({
        name: z.string(),
        hostname: z.string().optional(),
        port,
        protocol: z.enum(['HTTP', 'HTTPS', 'TLS']),
        tls: z
          .strictObject({
            mode: z.enum(['Terminate', 'Passthrough']).optional(),
            certificateRefs: z
              .array(z.strictObject({ kind: z.string().optional(), group: z.string().optional(), name: z.string() }))
              .optional(),
          })
          .optional(),
        allowedRoutes: z.strictObject({ namespaces: z.strictObject({ from: z.enum(['Same', 'All']) }) }).optional(),
      }),
    )
    .min(1),
});

const backendTlsPolicy = z.strictObject({
  targetRefs: z.array(objectRef).min(1),
  validation: z.strictObject({
    caCertificateRefs: z.array(z.strictObject({ group: z.string(), kind: z.string(), name: z.string() })).min(1),
    hostname: z.string(),
  }),
});

const serviceMonitor = z.strictObject({
  jobLabel: z.string().optional(),
  selector: z.strictObject({ matchLabels: words }),
  namespaceSelector: z.strictObject({ matchNames: z.array(z.string()) }).optional(),
  endpoints: z
    .array(
      z.strictObject({
        port: z.string(),
        path: z.string().startsWith('/').optional(),
        scheme: z.enum(['http', 'https']).optional(),
        interval: duration.optional(),
        scrapeTimeout: duration.optional(),
        honorLabels: z.boolean().optional(),
        relabelings: z.array(z.strictObject({ action: z.literal('replace'), targetLabel: z.string(), replacement: z.string() })).optional(),
        tlsConfig: z
          .strictObject({
            serverName: z.string().optional(),
            ca: z.strictObject({ configMap: z.strictObject({ name: z.string(), key: z.string() }) }).optional(),
          })
          .optional(),
      }),
    )
    .min(1),
});

const certificate = z.strictObject({
  secretName: z.string(),
  commonName: z.string().optional(),
  dnsNames: z.array(z.string()).min(1),
  ipAddresses: z.array(z.string()).optional(),
  duration: duration.optional(),
  renewBefore: duration.optional(),
  usages: z.array(z.enum(['server auth', 'client auth', 'digital signature', 'key encipherment'])).optional(),
  privateKey: z
    .strictObject({
      algorithm: z.enum(['ECDSA', 'Ed25519', 'RSA']),
      size: z.int().optional(),
      rotationPolicy: z.enum(['Always', 'Never']).optional(),
    })
    .optional(),
  issuerRef: z.strictObject({ group: z.string().optional(), kind: z.enum(['Issuer', 'ClusterIssuer']).optional(), name: z.string() }),
});

const serversTransport = z.strictObject({
  serverName: z.string().optional(),
  rootCAs: z
    .array(z.union([z.strictObject({ configMap: z.string() }), z.strictObject({ secret: z.string() })]))
    .min(1)
    .optional(),
});

/** By `<apiVersion>/<kind>`. */
export const FOREIGN_KINDS: ReadonlyMap<string, z.ZodType> = new Map(
  (
    [
      ['gateway.networking.k8s.io/v1', 'HTTPRoute', httpRoute],
      ['gateway.networking.k8s.io/v1', 'Gateway', gateway],
      ['gateway.networking.k8s.io/v1', 'BackendTLSPolicy', backendTlsPolicy],
      ['monitoring.coreos.com/v1', 'ServiceMonitor', serviceMonitor],
      ['cert-manager.io/v1', 'Certificate', certificate],
      ['traefik.io/v1alpha1', 'ServersTransport', serversTransport],
    ] as const
  ).map(([apiVersion, name, spec]) => [`${apiVersion}/${name}`, kind(apiVersion, name, spec)]),
);
