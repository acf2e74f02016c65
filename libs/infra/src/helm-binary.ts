import { join, resolve } from 'node:path';
import { type FoundProgram, findProgram } from './find-program.js';
import { fromGo } from './program-sources.js';

export const HELM_VERSION = '4.3.1';

/** The Go toolchain verifies the module's sums by itself (go.sum database). Helm knows its own patch version only from the linker. */
const GO_BUILD = {
  package: `helm.sh/helm/v4/cmd/helm@v${HELM_VERSION}`,
  flags: ['-ldflags', `-s -w -X helm.sh/helm/v4/internal/version.version=v${HELM_VERSION}`],
};

export interface HelmSources {
  /** Looked for on PATH; null to leave PATH out. */
  program: string | null;
  go: boolean;
}

export interface FoundHelm extends FoundProgram {
  /** To be set for every run: a person's own repositories, plugins and settings of helm do not matter. */
  env: Record<string, string>;
}

/**
 * Finds helm, or builds it into `cacheDir`: PATH (same major version), cache, `go install`.
 * Neither its release host nor a package of PyPI or npm is among the ways: no digest of the archives is pinned, and none of the packages is the project's own.
 */
export async function findHelm(
  cacheDir: string,
  progress: (message: string) => void = () => {},
  sources: HelmSources = { program: 'helm', go: true },
): Promise<FoundHelm> {
  const found = await findProgram(
    {
      name: 'helm',
      version: HELM_VERSION,
      fits: (version) => version.split('.')[0] === HELM_VERSION.split('.')[0],
      versionArgs: ['version', '--template', '{{.Version}}'],
      installation: 'https://helm.sh/docs/intro/install',
      notFound: 'infra.helm_not_found',
      onPath: sources.program,
      ways: sources.go
        ? [
            {
              way: 'go',
              says: 'building it with go install (some minutes, once)',
              fetch: (workDir) => fromGo(GO_BUILD, 'helm', workDir),
            },
          ]
        : [],
    },
    cacheDir,
    progress,
  );
  const home = resolve(cacheDir, 'helm-home');
  return {
    ...found,
    env: { HELM_CACHE_HOME: join(home, 'cache'), HELM_CONFIG_HOME: join(home, 'config'), HELM_DATA_HOME: join(home, 'data') },
  };
}
