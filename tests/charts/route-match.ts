/** Where a path from outside arrives: Ingress and HTTPRoute, read as a controller reads them. */
import type { Manifest } from '../../deploy/local/src/charts/manifest.js';
import { ofKind } from './rendered.js';

export interface Lead {
  readonly host: string;
  readonly path: string;
  readonly exact: boolean;
  readonly service: string;
  /** Name or number of the Service's port. */
  readonly port: string | number | undefined;
}

interface IngressSpec {
  rules: {
    host: string;
    http: { paths: { path: string; pathType: string; backend: { service: { name: string; port: { name: string } } } }[] };
  }[];
}
interface HttpRouteSpec {
  hostnames: string[];
  rules: { matches: { path: { type: string; value: string } }[]; backendRefs: { name: string; port: number }[] }[];
}

export function leadsOf(manifests: readonly Manifest[]): Lead[] {
  const ingresses = ofKind(manifests, 'Ingress').flatMap(({ spec }) =>
    (spec as IngressSpec).rules.flatMap(({ host, http }) =>
      http.paths.map(({ path, pathType, backend: { service } }) => {
        return { host, path, exact: pathType === 'Exact', service: service.name, port: service.port.name };
      }),
    ),
  );
  const routes = ofKind(manifests, 'HTTPRoute').flatMap(({ spec }) => {
    const { hostnames, rules } = spec as HttpRouteSpec;
    return hostnames.flatMap((host) =>
      rules.flatMap(({ matches, backendRefs }) =>
        matches.flatMap(({ path }) =>
          backendRefs.map(({ name, port }) => ({ host, path: path.value, exact: path.type === 'Exact', service: name, port })),
        ),
      ),
    );
  });
  return [...ingresses, ...routes];
}

/** `<service>:<port>` of everything that takes this path. A prefix is one of whole parts: /v1/runs takes /v1/runs/1, not /v1/runs1. */
export function arrivalsOf(leads: readonly Lead[], path: string): string[] {
  return leads
    .filter((lead) => path === lead.path || (!lead.exact && path.startsWith(`${lead.path}/`)))
    .map(({ service, port }) => `${service}:${port}`);
}
