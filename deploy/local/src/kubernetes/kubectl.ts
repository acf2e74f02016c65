/** kubectl (from PATH) and helm (the project's), on the cluster that KUBECONFIG (or ~/.kube/config) names. */
import { type ChildProcess, spawn } from 'node:child_process';
import { findHelm } from '@enishi/infra';
import { toolEnvironment } from '../config.js';
import { ExpectedFailure } from '../expected-failure.js';
import { SHARED_CACHE } from '../layout.js';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a program to its end. Never throws for what the program says; @throws ExpectedFailure when it is not there. */
export function run(command: string, args: readonly string[], input = ''): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: toolEnvironment() });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' ? new ExpectedFailure(`${command} is not on PATH: install it, then run this again.`, 69) : error),
    );
    child.on('close', (code) => resolve({ code: code ?? 1, out, err }));
    // A program that ends before it has read all is judged by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** What the program printed. @throws ExpectedFailure with the program's own sentence. */
export async function outputOf(command: string, args: readonly string[], input?: string): Promise<string> {
  const { code, out, err } = await run(command, args, input);
  if (code !== 0)
    throw new ExpectedFailure(`${command} ${args.slice(0, 6).join(' ')} ended with ${code}: ${(err || out).trim().slice(-2_000)}`);
  return out;
}

/** A port of the cluster on this machine. */
export interface Forwarded {
  readonly port: number;
  readonly stop: () => void;
}

/** One namespace of the cluster. */
export class Namespace {
  constructor(readonly name: string) {}

  kubectl(args: readonly string[], input?: string): Promise<string> {
    return outputOf('kubectl', ['-n', this.name, ...args], input);
  }

  /** kubectl without the judgement. */
  tryKubectl(args: readonly string[]): Promise<Ran> {
    return run('kubectl', ['-n', this.name, ...args]);
  }

  async helm(args: readonly string[]): Promise<string> {
    const { file } = await findHelm(SHARED_CACHE, (message) => process.stderr.write(`${message}\n`));
    return outputOf(file, ['-n', this.name, ...args]);
  }

  async json<T>(args: readonly string[]): Promise<T> {
    return JSON.parse(await this.kubectl([...args, '-o', 'json'])) as T;
  }

  /** Applies manifests that were never there or have changed; server-side, so that large ones need no annotation. */
  async apply(manifests: readonly object[]): Promise<void> {
    await this.kubectl(
      ['apply', '--server-side', '--force-conflicts', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests }),
    );
  }

  /** Forwards a port of a Service to a free port of this machine, until the returned function is called. */
  async forward(target: string, port: number): Promise<Forwarded> {
    const child: ChildProcess = spawn('kubectl', ['-n', this.name, 'port-forward', target, `:${port}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: toolEnvironment(),
    });
    const local = await new Promise<number>((resolve, reject) => {
      let said = '';
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        const found = /127\.0\.0\.1:(\d+) ->/.exec(said)?.[1];
        if (found) resolve(Number(found));
      });
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`port-forward to ${target} ended with ${code}`)));
    });
    return { port: local, stop: () => void child.kill() };
  }
}
