import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InfraError } from './infra-error.js';
import { runProgram } from './run-program.js';

export interface Promtool {
  file: string;
  version: string;
  /** How it was come by. */
  way: 'path' | 'cache' | 'debian';
}

/** Where it is looked for; tests leave ways out. */
export interface PromtoolSources {
  program: string | null;
  debian: boolean;
}

/**
 * Finds promtool, or fetches it into `cacheDir`: PATH, cache, Debian's package `prometheus`, unpacked and not installed.
 * Any version from 2.40 does: the rules use nothing newer. apt compares the package with the signed lists of its archive.
 */
export async function findPromtool(
  cacheDir: string,
  onProgress: (message: string) => void = () => {},
  sources: PromtoolSources = { program: 'promtool', debian: true },
): Promise<Promtool> {
  const refused: string[] = [];
  if (sources.program !== null) {
    const version = await versionOf(sources.program);
    if (version !== null) return { file: sources.program, version, way: 'path' };
    refused.push('PATH: no promtool there');
  }
  const dir = resolve(cacheDir);
  const cached = join(dir, 'promtool');
  const known = await versionOf(cached);
  if (known !== null) return { file: cached, version: known, way: 'cache' };
  if (sources.debian) {
    onProgress("promtool: fetching Debian's package prometheus (19 MB)");
    mkdirSync(dir, { recursive: true });
    const workDir = mkdtempSync(join(dir, '.fetch-'));
    try {
      const file = await fromDebian(workDir);
      const version = await versionOf(file);
      if (version === null) throw new Error('what came does not run here');
      // Whole or not at all: two checks at once fetch twice, and either's result is good.
      renameSync(file, cached);
      return { file: cached, version, way: 'debian' };
    } catch (error) {
      refused.push(`debian: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      rmSync(workDir, { recursive: true, force: true });
    }
  }
  throw new InfraError(
    'infra.promtool_not_found',
    `promtool was not found and could not be fetched:\n${refused.map((line) => `  - ${line}`).join('\n')}\n` +
      `Put promtool on PATH (Debian, Ubuntu: apt-get install prometheus; macOS: brew install prometheus), or at ${cached}`,
  );
}

async function fromDebian(workDir: string): Promise<string> {
  const download = () => runProgram('apt-get', ['download', '--quiet', 'prometheus'], { timeoutMs: 180_000, cwd: workDir });
  let fetched = await download();
  if (fetched.code !== 0 && process.getuid?.() === 0) {
    // A new machine or container has no lists of packages yet, and only root may fetch them.
    await runProgram('apt-get', ['update', '--quiet'], { timeoutMs: 180_000 });
    fetched = await download();
  }
  if (fetched.code !== 0) throw new Error(`apt-get download: ${fetched.stderr.trim().split('\n').at(-1) ?? ''}`);
  const archive = readdirSync(workDir).find((name) => name.endsWith('.deb'));
  if (archive === undefined) throw new Error('apt-get fetched no package');
  const unpacked = await runProgram('dpkg-deb', ['-x', join(workDir, archive), workDir], { timeoutMs: 60_000 });
  if (unpacked.code !== 0) throw new Error(`dpkg-deb: ${unpacked.stderr.trim()}`);
  return join(workDir, 'usr', 'bin', 'promtool');
}

/** `promtool --version` says "promtool, version 2.42.0+ds (…)", on stdout or stderr; null when it does not run. */
async function versionOf(file: string): Promise<string | null> {
  const { code, stdout, stderr } = await runProgram(file, ['--version'], { timeoutMs: 10_000 });
  return code === 0 ? (/version (\d+\.\d+\.\d+)/.exec(stdout + stderr)?.[1] ?? null) : null;
}
