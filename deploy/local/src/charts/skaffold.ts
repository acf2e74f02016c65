/** The text of skaffold.yaml: an image, and its place in the release, for each service. */
const IMAGE_RECIPE = 'deploy/docker/service.Dockerfile';

export function skaffoldYaml(services: readonly string[]): string {
  return [
    HEAD,
    ...services.map(artifact),
    DEPLOY,
    ...services.map((name) => values(name, name)),
    values('operator', services[0] ?? ''),
    PROFILE,
    ...patches(services),
  ]
    .map((part) => `${part}\n`)
    .join('');
}

function artifact(service: string): string {
  return `    - image: enishi/${service}
      docker:
        dockerfile: ${IMAGE_RECIPE}
        buildArgs: { SERVICE: ${service} }`;
}

/** Skaffold names an image in a template by its letters and digits: IMAGE_TAG_enishi_parser. */
function values(part: string, service: string): string {
  const image = `enishi_${service.replaceAll('-', '_')}`;
  return `          ${part}.image.repository: "{{.IMAGE_REPO_${image}}}"
          ${part}.image.tag: "{{.IMAGE_TAG_${image}}}"`;
}

function patches(services: readonly string[]): string[] {
  const removed = services.map((_, index) => `      - { op: remove, path: /build/artifacts/${index}/docker }`);
  const added = services.map(
    (service, index) => `      - op: add
        path: /build/artifacts/${index}/custom
        value:
          {
            buildCommand: "$IMAGE_BUILDER -t $IMAGE -f ${IMAGE_RECIPE} --build-arg SERVICE=${service} .",
            dependencies: { dockerfile: { path: ${IMAGE_RECIPE}, buildArgs: { SERVICE: ${service} } } },
          }`,
  );
  return [...removed, ...added];
}

const HEAD = `# Written by ./enishi check from the names of the services.
# \`skaffold dev\` builds the services, installs them on helm/dev-infra and follows the sources. Before the first time:
#   kubectl create namespace enishi
#   ./enishi kubernetes secrets | kubectl apply -f -
#   ./enishi kubernetes charts
apiVersion: skaffold/v4beta13
kind: Config
metadata:
  name: enishi-infra
deploy:
  helm:
    releases:
      - name: dev-infra
        namespace: enishi
        chartPath: helm/dev-infra
        wait: true
---
apiVersion: skaffold/v4beta13
kind: Config
metadata:
  name: enishi
requires:
  - configs: [enishi-infra]
build:
  tagPolicy:
    inputDigest: {}
  artifacts:`;

const DEPLOY = `  local:
    useBuildkit: true
deploy:
  helm:
    releases:
      - name: enishi
        namespace: enishi
        chartPath: helm/enishi
        valuesFiles: [helm/enishi/scenarios/development.yaml]
        wait: true
        setValueTemplates:`;

const PROFILE = `profiles:
  # For a cluster that is fed by another builder than Docker (one without a daemon, on one machine): IMAGE_BUILDER is a
  # command that takes \`-t NAME -f FILE --build-arg K=V DIR\` and brings the image to the cluster's nodes.
  - name: builder
    patches:`;
