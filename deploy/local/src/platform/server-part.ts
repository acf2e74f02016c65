/** Postgres and nats-server: watched by their process id, started again on the same data when they die. */
import { isRunning } from '@enishi/infra';

const WATCH_EVERY_MS = 200;

export interface RunningServer {
  readonly pid: number;
  stop(): Promise<void>;
}

export class ServerPart<R extends RunningServer> {
  private running: R | undefined;
  private watch: NodeJS.Timeout | undefined;
  private restarting: Promise<void> | undefined;

  constructor(
    readonly name: string,
    private readonly startOnce: () => Promise<R>,
    private readonly onDeath: (name: string, how: string) => void = () => undefined,
    /** Told each time that it was started again: it has another process id. */
    private readonly onRestart: () => void = () => undefined,
  ) {}

  get pid(): number | undefined {
    return this.running?.pid;
  }

  async start(): Promise<R> {
    this.running = await this.startOnce();
    this.watch = setInterval(() => this.restartIfDead(), WATCH_EVERY_MS);
    return this.running;
  }

  private restartIfDead(): void {
    if (this.restarting || !this.running || isRunning(this.running.pid)) return;
    this.onDeath(this.name, 'gone');
    // A start that fails (the port is not free yet) is tried again at the next look.
    this.restarting = this.startOnce()
      .then(
        (running) => {
          this.running = running;
          this.onRestart();
        },
        () => undefined,
      )
      .finally(() => void (this.restarting = undefined));
  }

  /** Resolves when it runs: at once, or after the restart under way. */
  async settled(): Promise<void> {
    while (!this.running || this.restarting || !isRunning(this.running.pid)) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async stop(): Promise<void> {
    clearInterval(this.watch);
    await this.restarting;
    await this.running?.stop();
    this.running = undefined;
  }

  /** As a crash would: no warning. Resolves when the process is gone. */
  async kill(): Promise<void> {
    const pid = this.running?.pid;
    if (pid === undefined) return;
    process.kill(pid, 'SIGKILL');
    while (isRunning(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
