/** One process of the platform: started with its log in a file, watched, restarted when it dies, stopped cleanly. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { inheritedEnvironment } from '../config.js';

export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly logFile: string;
  /** Resolves when the process does its work; rejects with the reason while it does not yet. */
  readonly ready: () => Promise<void>;
  readonly readyWithinMs?: number;
}

/** A process that gave up by itself while starting: its last words are in the log. */
export class StartFailed extends Error {}

const STOP_WITHIN_MS = 12_000;
const FIRST_RESTART_MS = 100;
const LAST_RESTART_MS = 5_000;

export class SupervisedProcess {
  private child: ChildProcess | undefined;
  private wanted = false;
  private exited: Promise<void> = Promise.resolve();
  private restartAfterMs = FIRST_RESTART_MS;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    readonly spec: ProcessSpec,
    /** Told each time that the process died without being asked to. */
    private readonly onDeath: (name: string, how: string) => void = () => undefined,
    /** Told each time that it was started again: it has another process id. */
    private readonly onRestart: () => void = () => undefined,
  ) {}

  get pid(): number | undefined {
    return this.child?.pid;
  }

  async start(): Promise<void> {
    this.wanted = true;
    this.spawn();
    await this.waitUntilReady();
  }

  /** Polls for the one fact that counts, until it holds, the process is gone for good, or time is up. */
  async waitUntilReady(): Promise<void> {
    const deadline = performance.now() + (this.spec.readyWithinMs ?? 20_000);
    let last: unknown;
    while (performance.now() < deadline) {
      if (this.child?.exitCode === 78) throw new StartFailed(`${this.spec.name} refused its configuration; see ${this.spec.logFile}`);
      try {
        await this.spec.ready();
        this.restartAfterMs = FIRST_RESTART_MS;
        return;
      } catch (error) {
        last = error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    throw new StartFailed(
      `${this.spec.name} was not ready in time (${last instanceof Error ? last.message : String(last)}); see ${this.spec.logFile}`,
    );
  }

  private spawn(): void {
    mkdirSync(dirname(this.spec.logFile), { recursive: true });
    const log = openSync(this.spec.logFile, 'a', 0o600);
    // A group of its own: Ctrl-C reaches the launcher alone, which then stops the parts in their order.
    const child = spawn(this.spec.command, this.spec.args, {
      env: { ...inheritedEnvironment(), ...this.spec.env },
      cwd: this.spec.cwd,
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    this.child = child;
    this.exited = new Promise((resolve) => {
      child.once('error', () => resolve());
      child.once('exit', (code, signal) => {
        resolve();
        if (this.wanted && code !== 78) {
          this.onDeath(this.spec.name, signal ?? `exit ${code}`);
          this.timer = setTimeout(() => this.wanted && this.restart(), this.restartAfterMs);
          this.restartAfterMs = Math.min(this.restartAfterMs * 2, LAST_RESTART_MS);
        }
      });
    });
  }

  private restart(): void {
    this.spawn();
    this.onRestart();
  }

  /** Asks with SIGTERM, insists with SIGKILL. */
  async stop(): Promise<void> {
    this.wanted = false;
    clearTimeout(this.timer);
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const insist = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await this.exited;
    clearTimeout(insist);
  }

  /** As a crash would: no warning. The supervisor starts it again. */
  async kill(): Promise<void> {
    this.child?.kill('SIGKILL');
    await this.exited;
  }
}
