/** A PC for tests: a home folder and the real program, started from its build as a user would. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KeyAndCert } from '@enishi/infra';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

const PRELOAD = new URL('../../../libs/telemetry/dist/preload.js', import.meta.url).href;

/** Where spans go, when they go anywhere. */
export interface Traced {
  readonly endpoint: string;
  readonly service: string;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class TestPc {
  readonly folder = mkdtempSync(join(tmpdir(), 'enishi-pc-'));
  readonly home = join(this.folder, 'agent');
  /** The environment of its programs: nothing of ours. */
  env: Readonly<Record<string, string>> = {};
  private running: { child: ChildProcess; ended: Promise<Ended> } | undefined;

  private start(args: readonly string[], input?: string, traced?: Traced): { child: ChildProcess; ended: Promise<Ended> } {
    const child = spawn(process.execPath, [...(traced ? ['--import', PRELOAD] : []), MAIN, ...args, '--home', this.home], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...this.env, ...(traced ? { OTEL_EXPORTER_OTLP_ENDPOINT: traced.endpoint, OTEL_SERVICE_NAME: traced.service } : {}) },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk);
    });
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk);
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    return { child, ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr }))) };
  }

  /** One verb to its end. */
  do(args: readonly string[], input?: string): Promise<Ended> {
    return this.start(args, input).ended;
  }

  write(name: string, content: string): string {
    const file = join(this.folder, name);
    writeFileSync(file, content);
    return file;
  }

  async enrol(relay: { url: string; enrolmentCode(): string }, caPem: string): Promise<Ended> {
    return this.do(['enrol', '--relay', relay.url, '--ca', this.write('relay-ca.pem', caPem)], `${relay.enrolmentCode()}\n`);
  }

  connect(connectionId: string, origin: string, certificate: KeyAndCert, secrets: Readonly<Record<string, string>>): Promise<Ended> {
    const files = ['--certificate', this.write('client.pem', certificate.certPem), '--key', this.write('client.key', certificate.keyPem)];
    const names = Object.keys(secrets).flatMap((name) => ['--secret', name]);
    return this.do(
      ['connect', '--connection', connectionId, '--origin', origin, ...files, ...names],
      `${Object.values(secrets).join('\n')}\n`,
    );
  }

  run(traced?: Traced): void {
    this.running = this.start(['run'], undefined, traced);
  }

  /** From now on the system takes no byte more into any file of the running agent: what a full disk does. Linux only (prlimit). */
  fillDisk(): void {
    this.limitFiles('1');
  }
  makeRoom(): void {
    this.limitFiles('unlimited');
  }
  private limitFiles(bytes: string): void {
    if (!this.running) throw new Error('it does not run');
    execFileSync('prlimit', ['--pid', String(this.running.child.pid), `--fsize=${bytes}:`]);
  }

  /** kill -9, or a gentler signal. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<Ended | undefined> {
    const { running } = this;
    this.running = undefined;
    running?.child.kill(signal);
    return running?.ended;
  }

  whenEnded(): Promise<Ended> {
    if (!this.running) throw new Error('it does not run');
    return this.running.ended;
  }

  async remove(): Promise<void> {
    await this.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
